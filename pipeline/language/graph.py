"""The graph of a definition: what each step waits for, and which steps may run now.

    ValidateImages ─→ TrainModel ─→ AccuracyGate ─if──→ RegisterModel ─→ Report
                                                 └else→ RejectModel

A step waits for the steps that it refers to, for those in its DependsOn and, inside a branch, for its
Condition step. A step of the branch that was not chosen is skipped, and so is everything that waits for it.

    TrainModel ─Failed─→ CleanUp ─→ Tell

A dependency with a trigger waits for another end than success. A step that fails, or is stopped, and has such
a step is answered: all goes on that can. After any other failure no step starts but those that answer one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from graphlib import CycleError, TopologicalSorter


class Phase(Enum):
    """How far a step is."""

    WAITING = "Waiting"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    SKIPPED = "Skipped"
    FAILED = "Failed"
    STOPPED = "Stopped"


_SUCCESS = frozenset({Phase.SUCCEEDED})
_WITHOUT_SUCCESS = frozenset({Phase.FAILED, Phase.STOPPED})
_ENDED = _SUCCESS | _WITHOUT_SUCCESS | {Phase.SKIPPED}

TRIGGERS: Mapping[str, frozenset[Phase]] = {
    "Completed": _SUCCESS,
    "Failed": frozenset({Phase.FAILED}),
    "Stopped": frozenset({Phase.STOPPED}),
    "Any": _SUCCESS | _WITHOUT_SUCCESS,
}
"""How another step must end for one that depends on it: TriggerCondition of the SDK."""


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
    """One step.

    Attributes:
        waits_for: The names of the steps that it waits for.
        branch: Its place, if it is inside a Condition step.
        triggers: Key of TRIGGERS by name, for those of them that need not succeed.
        is_final: Whether nothing can answer its failure, as that of a Fail step.
    """

    waits_for: frozenset[str]
    branch: Branch | None = None
    triggers: Mapping[str, str] = field(default_factory=dict)
    is_final: bool = False

    def takes(self, other: str) -> frozenset[Phase]:
        """How another step that it waits for must end."""
        return TRIGGERS[self.triggers[other]] if other in self.triggers else _SUCCESS

    def answers(self, other: str, phase: Phase) -> bool:
        """Whether it waits for that failure, or that stop, of another step."""
        return phase in _WITHOUT_SUCCESS and other in self.waits_for and phase in self.takes(other)


Graph = Mapping[str, Node]
"""Steps by name, in the order of the definition."""


@dataclass(frozen=True)
class Turn:
    """What to do now, names in the order of the definition."""

    start: tuple[str, ...]
    skip: tuple[str, ...]


def turn(graph: Graph, phases: Mapping[str, Phase], outcomes: Mapping[str, bool]) -> Turn:
    """The steps that may start, and those that will never run.

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
        if now[name] is Phase.WAITING and all(now[other] in node.takes(other) for other in node.waits_for)
    ]
    if unanswered(graph, now):
        answering = _answering(graph, now)
        start = [name for name in start if name in answering]
    return Turn(tuple(start), tuple(skip))


def unanswered(graph: Graph, phases: Mapping[str, Phase]) -> tuple[str, ...]:
    """The steps without success that no other step answers which runs, has run, or may still run."""
    return tuple(
        name
        for name, node in graph.items()
        if phases[name] in _WITHOUT_SUCCESS
        and (
            node.is_final
            or not any(
                phases[other] is not Phase.SKIPPED and graph[other].answers(name, phases[name])
                for other in graph
            )
        )
    )


def _answering(graph: Graph, phases: Mapping[str, Phase]) -> set[str]:
    """The steps that answer a failure, and all that wait for them."""
    found = {
        name
        for name, node in graph.items()
        if any(node.answers(other, phases[other]) for other in node.waits_for)
    }
    while more := {name for name, node in graph.items() if name not in found and node.waits_for & found}:
        found |= more
    return found


def _is_skipped(node: Node, phases: Mapping[str, Phase], outcomes: Mapping[str, bool]) -> bool:
    if any(phases[other] in _ENDED - node.takes(other) for other in node.waits_for):
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
