"""The graph of a definition: what each step waits for, and which steps may run now.

    ValidateImages ─→ TrainModel ─→ AccuracyGate ─if──→ RegisterModel ─→ Report
                                                 └else→ RejectModel

A step waits for the steps that it refers to, for those in its DependsOn and, inside a branch, for its
Condition step. A step of the branch that was not chosen is skipped, and so is everything that waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from graphlib import CycleError, TopologicalSorter


class Phase(Enum):
    """How far a step is."""

    WAITING = "Waiting"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    SKIPPED = "Skipped"
    ENDED = "Ended"
    """Failed or stopped: what waits for it never runs."""


@dataclass(frozen=True)
class Branch:
    """The place of a step inside a Condition step.

    Attributes:
        condition: Name of the Condition step.
        outcome: The outcome for which the step runs: True for IfSteps, False for ElseSteps.
    """

    condition: str
    outcome: bool


@dataclass(frozen=True)
class Node:
    """One step: the names of the steps that it waits for, and its branch, if it is in one."""

    waits_for: frozenset[str]
    branch: Branch | None = None


Graph = Mapping[str, Node]
"""Steps by name, in the order of the definition."""


@dataclass(frozen=True)
class Turn:
    """What to do now, names in the order of the definition."""

    start: tuple[str, ...]
    skip: tuple[str, ...]


def turn(graph: Graph, phases: Mapping[str, Phase], outcomes: Mapping[str, bool]) -> Turn:
    """The steps that may start, and those that will never run because their branch was not chosen.

    Args:
        graph: The steps.
        phases: Phase of every step.
        outcomes: Outcome of every Condition step that has succeeded.
    """
    now = dict(phases)
    skip: list[str] = []
    # Skipping one step may skip others before it in the definition: repeat until nothing changes.
    while found := [
        name
        for name, node in graph.items()
        if now[name] is Phase.WAITING and _is_skipped(node, now, outcomes)
    ]:
        skip += found
        now.update(dict.fromkeys(found, Phase.SKIPPED))
    start = [
        name
        for name, node in graph.items()
        if now[name] is Phase.WAITING and all(now[other] is Phase.SUCCEEDED for other in node.waits_for)
    ]
    return Turn(tuple(start), tuple(skip))


def _is_skipped(node: Node, phases: Mapping[str, Phase], outcomes: Mapping[str, bool]) -> bool:
    if any(phases[other] is Phase.SKIPPED for other in node.waits_for):
        return True
    branch = node.branch
    return (
        branch is not None
        and branch.condition in outcomes
        and outcomes[branch.condition] is not branch.outcome
    )


def cycles(graph: Graph) -> Iterator[tuple[str, ...]]:
    """Cycles of the graph, no two with a step in common, each as `find_cycle` tells it."""
    rest = dict(graph)
    while cycle := find_cycle(rest):
        yield cycle
        for name in cycle[1:]:
            del rest[name]


def find_cycle(graph: Graph) -> tuple[str, ...]:
    """The names along one cycle, each waited for by the next, the first repeated at the end; else empty.

    It begins with the step that comes first in the definition.
    """
    waits = {name: sorted(node.waits_for & graph.keys()) for name, node in graph.items()}
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        members = error.args[1][1:]
        start = members.index(next(name for name in graph if name in members))
        return (*members[start:], *members[:start], members[start])
    return ()
