"""What must happen to a pipeline so that it becomes what it should be. Takes and returns values only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.difference.definitions import DONE, Change, differences, outline, summary, told
from pipeline.difference.values import Line
from pipeline.upserting.deployed import Deployed, document
from pipeline.upserting.desired import Desired

ACTIONS = {"create": "created", "update": "updated", "unchanged": "unchanged"}
"""What is to be done, and that it was."""


@dataclass(frozen=True)
class Changes:
    """What must happen to a pipeline.

    Attributes:
        action: A key of ACTIONS.
        settings: Role, parallelism and tags that change.
        definition: Changes of the definition; all of it where the pipeline is new.
        new_tags: Tags to add or to give another value.
        old_tags: Tags that an earlier upsert made and the config has no more.
        notes: What stays although the config does not say so.
    """

    action: str
    settings: tuple[Line, ...] = ()
    definition: tuple[Change, ...] = ()
    new_tags: Mapping[str, str] | None = None
    old_tags: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def updates_pipeline(self) -> bool:
        """Whether more than tags changes."""
        return bool(self.definition) or any(not line.path.startswith("tags[") for line in self.settings)

    @property
    def summary(self) -> str:
        """How much changes: `role changed, 2 steps changed`."""
        settings = dict.fromkeys(line.path.partition("[")[0] for line in self.settings)
        counted = [summary(self.definition)] if self.definition else []
        return ", ".join([*(f"{name} changed" for name in settings), *counted])

    @property
    def names(self) -> str:
        """Which parts of the definition change: `changed Epochs, TrainModel; added Extra`."""
        named = {sign: [one.name for one in self.definition if one.sign == sign] for sign in "~+-"}
        return "; ".join(
            f"{DONE[sign]} {', '.join(dict.fromkeys(names))}" for sign, names in named.items() if names
        )

    def lines(self) -> list[str]:
        """What changes, a line each."""
        return [line for setting in self.settings for line in setting.lines()] + told(self.definition)

    def to_json(self) -> dict[str, object]:
        """The changes for programs."""
        return {
            "action": self.action,
            "settings": [line.to_json() for line in self.settings],
            "definition": [change.to_json() for change in self.definition],
        }


def compare(present: Deployed | None, desired: Desired) -> Changes:
    """What must happen to `present`, which is None if there is no such pipeline."""
    if present is None:
        return _creation(desired)
    new_tags = {key: value for key, value in desired.tags.items() if present.tags.get(key) != value}
    old_tags = _own_tags(present) - set(desired.tags)
    settings = (
        *_setting("role", present.role, desired.role),
        *_parallelism(present, desired),
        *(
            tag_line(key, present.tags.get(key), desired.tags.get(key))
            for key in sorted({*new_tags, *old_tags})
        ),
    )
    definition = differences(present.document, document(desired.definition))
    changes = bool(settings or definition)
    return Changes(
        action="update" if changes else "unchanged",
        settings=settings,
        definition=definition,
        new_tags=new_tags,
        old_tags={key: present.tags[key] for key in sorted(old_tags)},
        notes=tuple(_notes(present, desired)),
    )


def drift(before: Deployed | None, now: Deployed | None) -> list[str]:
    """What is different about a pipeline since it was looked at before, a line each."""
    if before is None or now is None:
        return [] if before is now else ["it was made"] if before is None else ["it was deleted"]
    keys = sorted({*before.tags, *now.tags})
    tags = [(key, before.tags.get(key), now.tags.get(key)) for key in keys]
    limits = [str(one.parallelism) if one.parallelism else "no limit" for one in (before, now)]
    settings = (
        *_setting("role", before.role, now.role),
        *_setting("parallelism", *limits),
        *(tag_line(*tag) for tag in tags if tag[1] != tag[2]),
    )
    return Changes("update", settings, differences(before.document, now.document)).lines()


def _creation(desired: Desired) -> Changes:
    settings = [Line("+", "role", new=desired.role)]
    if desired.parallelism is not None:
        settings.append(Line("+", "parallelism", new=str(desired.parallelism)))
    settings += [Line("+", f"tags[{key}]", new=value) for key, value in sorted(desired.tags.items())]
    return Changes("create", tuple(settings), outline(document(desired.definition)), dict(desired.tags))


def _setting(name: str, old: str, new: str) -> Iterator[Line]:
    if old != new:
        yield Line("~", name, old, new)


def _parallelism(present: Deployed, desired: Desired) -> Iterator[Line]:
    old, new = present.parallelism, desired.parallelism
    if new is not None and old != new:
        yield Line("+" if old is None else "~", "parallelism", None if old is None else str(old), str(new))


def tag_line(key: str, old: str | None, new: str | None) -> Line:
    """The line for a tag that comes, goes or gets another value."""
    return Line("+" if old is None else "-" if new is None else "~", f"tags[{key}]", old, new)


def _own_tags(present: Deployed) -> set[str]:
    """Tags of the pipeline that an earlier upsert gave it.

    A config's tags go to the pipeline and to all that its steps make. So what the present definition gives to
    a step and the pipeline has too came from a config; every other tag is someone else's.
    """
    given = set(_tags_in(present.document))
    return {key for key, value in present.tags.items() if (key, value) in given}


def _tags_in(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "Tags" and isinstance(item, list):
                yield from _pairs(item)
            else:
                yield from _tags_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _tags_in(item)


def _pairs(tags: list[Any]) -> Iterator[tuple[str, str]]:
    for tag in tags:
        if isinstance(tag, Mapping) and isinstance(tag.get("Key"), str) and isinstance(tag.get("Value"), str):
            yield tag["Key"], tag["Value"]


def _notes(present: Deployed, desired: Desired) -> Iterator[str]:
    if desired.parallelism is None and present.parallelism is not None:
        yield f"parallelism stays {present.parallelism}: UpdatePipeline can change it, but not take it away"
