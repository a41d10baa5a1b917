"""Members of a request that do not go together, and the commonest rules that find them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.aws_model.shapes import Path
from pipeline.language.document import brief

Members = Mapping[str, object]
"""The members of a structure that are not null. What is known only later is UNKNOWN."""


@dataclass(frozen=True)
class Conflict:
    """Members that do not go together.

    Attributes:
        code: Code of the problem.
        path: From the structure to the culprit; the path of the structure that lacks something.
        message: What is wrong; {where} stands for the structure.
        hint: How to mend it.
        severity: "error" or "warning".
    """

    code: str
    path: Path
    message: str
    hint: str
    severity: str = "error"


Rule = Callable[[Members], Iterator[Conflict]]


def number(members: Members, name: str) -> float | None:
    """A number, if it is one and known."""
    value = members.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def inside(members: Members, name: str) -> Members:
    """The members of a structure in a structure; none if there is no such."""
    value = members.get(name)
    return (
        {key: item for key, item in value.items() if item is not None} if isinstance(value, Mapping) else {}
    )


def items(members: Members, *path: str) -> list[object]:
    """The items of a list at a path; none if there is no such."""
    for name in path[:-1]:
        members = inside(members, name)
    value = members.get(path[-1])
    return value if isinstance(value, list) else []


def one_of(*names: str) -> Rule:
    """Exactly one of some members."""

    def rule(members: Members) -> Iterator[Conflict]:
        yield from at_most_one(*names)(members)
        if not any(name in members for name in names):
            listed = f"{', '.join(names[:-1])} or {names[-1]}"
            yield Conflict("D222", (), f"{{where}} has neither {' nor '.join(names)}", f"add {listed}")

    return rule


def at_most_one(*names: str) -> Rule:
    """No two of some members."""

    def rule(members: Members) -> Iterator[Conflict]:
        first, *others = [name for name in names if name in members] or [""]
        for other in others:
            yield Conflict(
                "D221", (other,), f"{{where}} has both {first} and {other}", "remove one of the two"
            )

    return rule


def needs(name: str, *other: str, unless: tuple[str, ...] = ()) -> Rule:
    """A member that needs others beside it. An empty name: they are always needed."""

    def rule(members: Members) -> Iterator[Conflict]:
        if (name and name not in members) or any(one in members for one in unless):
            return
        for needed in other:
            if needed not in members:
                beside = f" beside {name}" if name else ""
                yield Conflict("D222", (), f"{{where}} has no {needed}{beside}", f"add {needed}")

    return rule


def unique(name: str, *path: str) -> Rule:
    """Items of a list that must differ in a member."""

    def rule(members: Members) -> Iterator[Conflict]:
        found = items(members, *path)
        names = [item.get(name) if isinstance(item, Mapping) else None for item in found]
        counted = Counter(one for one in names if isinstance(one, str))
        for index, one in enumerate(names):
            if isinstance(one, str) and counted[one] > 1 and one in names[:index]:
                message = f"{'.'.join(path)} has two items with the {name} {brief(one)}"
                yield Conflict("D224", (*path, index, name), message, "give each its own")

    return rule
