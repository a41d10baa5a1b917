"""Parts of a definition that run alone (selective execution): what they need, and whether they hang together.

    ValidateImages ─→ TrainModel ─→ EvaluateModel ─→ AccuracyGate ─if─→ RegisterModel

TrainModel and EvaluateModel can run alone: they need what ValidateImages made. TrainModel and AccuracyGate
cannot: EvaluateModel lies between them.

Source: "Selective execution of pipeline steps" in the SageMaker guide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from pipeline.language.graph import Graph


@dataclass(frozen=True)
class Selection:
    """Steps that run alone, names in the order of the definition.

    Attributes:
        selected: They run.
        needed: Not selected; selected ones wait for them, and so take what they made before.
        upstream: `needed`, and all that comes before them.
        between: Not selected, though on a path from one selected step to another: there must be none.
        islands: The selected steps in groups that hang together: there must be one.
    """

    selected: tuple[str, ...]
    needed: tuple[str, ...]
    upstream: tuple[str, ...]
    between: tuple[str, ...]
    islands: tuple[tuple[str, ...], ...]


def select(graph: Graph, names: Collection[str]) -> Selection:
    """The selection of some steps of a graph without cycles; each name must be in it."""
    before = _reach(names, lambda name: graph[name].waits_for)
    after = following(graph, names)
    waited_for = {other for name in names for other in graph[name].waits_for}

    def ordered(wanted: Callable[[str], bool]) -> tuple[str, ...]:
        return tuple(name for name in graph if wanted(name))

    return Selection(
        selected=ordered(lambda name: name in names),
        needed=ordered(lambda name: name in waited_for and name not in names),
        upstream=ordered(lambda name: name in before and name not in names),
        between=ordered(lambda name: name in before and name in after and name not in names),
        islands=_islands(graph, names),
    )


def following(graph: Graph, names: Iterable[str]) -> tuple[str, ...]:
    """Some steps and all that wait for them, directly or not, branches of Condition steps included."""
    waiting: dict[str, list[str]] = {name: [] for name in graph}
    for name, node in graph.items():
        for other in node.waits_for:
            waiting[other].append(name)
    found = _reach(names, lambda name: waiting[name])
    return tuple(name for name in graph if name in found)


def _reach(names: Iterable[str], step: Callable[[str], Iterable[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += step(name)
    return found


def _islands(graph: Graph, names: Collection[str]) -> tuple[tuple[str, ...], ...]:
    inside: dict[str, set[str]] = {name: set() for name in graph if name in names}
    for name, neighbours in inside.items():
        for other in graph[name].waits_for & inside.keys():
            neighbours.add(other)
            inside[other].add(name)
    islands: list[tuple[str, ...]] = []
    left = list(inside)
    while left:
        island = _reach(left[:1], inside.__getitem__)
        islands.append(tuple(name for name in left if name in island))
        left = [name for name in left if name not in island]
    return tuple(islands)
