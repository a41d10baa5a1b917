from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.graph import Branch, Graph, Node, Phase, Turn, find_cycle, turn


def node(*waits_for: str, branch: Branch | None = None) -> Node:
    return Node(frozenset(waits_for) | ({branch.condition} if branch else frozenset()), branch)


GATE: Graph = {
    "Report": node("Register"),
    "Validate": node(),
    "Train": node("Validate"),
    "Gate": node("Train"),
    "Register": node(branch=Branch("Gate", True)),
    "Reject": node(branch=Branch("Gate", False)),
    "Other": node(),
}


@pytest.mark.parametrize(
    ("phases", "outcomes", "expected"),
    [
        pytest.param({}, {}, Turn(("Validate", "Other"), ()), id="at the start"),
        pytest.param({"Validate": "RUNNING", "Other": "RUNNING"}, {}, Turn((), ()), id="while they run"),
        pytest.param({"Validate": "SUCCEEDED", "Other": "RUNNING"}, {}, Turn(("Train",), ()), id="the next"),
        pytest.param({"Validate": "ENDED", "Other": "SUCCEEDED"}, {}, Turn((), ()), id="after a failure"),
        pytest.param(
            {"Validate": "SUCCEEDED", "Other": "SUCCEEDED", "Train": "SUCCEEDED", "Gate": "SUCCEEDED"},
            {"Gate": True},
            Turn(("Register",), ("Reject",)),
            id="if",
        ),
        pytest.param(
            {"Validate": "SUCCEEDED", "Other": "SUCCEEDED", "Train": "SUCCEEDED", "Gate": "SUCCEEDED"},
            {"Gate": False},
            Turn(("Reject",), ("Register", "Report")),
            id="else, and what waits for the other branch is skipped",
        ),
    ],
)
def test_turn(phases: dict[str, str], outcomes: dict[str, bool], expected: Turn) -> None:
    now = {name: Phase[phases.get(name, "WAITING")] for name in GATE}
    assert turn(GATE, now, outcomes) == expected


@pytest.mark.parametrize(
    ("graph", "cycle"),
    [
        pytest.param(GATE, (), id="none"),
        pytest.param({"a": node("a")}, ("a", "a"), id="itself"),
        pytest.param({"a": node("b"), "b": node("a"), "c": node()}, ("a", "b", "a"), id="two"),
    ],
)
def test_find_cycle(graph: Graph, cycle: tuple[str, ...]) -> None:
    found = find_cycle(graph)
    assert found in (cycle, tuple(reversed(cycle)))


def test_a_long_chain_is_no_cycle() -> None:
    chain = {str(n): node(*([str(n - 1)] if n else [])) for n in range(5000)}
    assert find_cycle(chain) == ()


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Graph, dict[str, bool]]:
    """Acyclic graphs with some Condition steps and their outcomes."""
    names = [f"s{n}" for n in range(draw(st.integers(1, 8)))]
    conditions = sorted(draw(st.sets(st.sampled_from(names))))
    graph: dict[str, Node] = {}
    for index, name in enumerate(names):
        earlier = names[:index]
        waits: set[str] = draw(st.sets(st.sampled_from(earlier), max_size=3)) if earlier else set()
        owners = [other for other in earlier if other in conditions]
        inside = st.builds(Branch, st.sampled_from(owners), st.booleans()) if owners else st.none()
        branch = draw(st.none() | inside)
        graph[name] = node(*waits, branch=branch)
    outcomes = {name: draw(st.booleans()) for name in conditions}
    # Backwards: the order of a definition is not that of its execution.
    return {name: graph[name] for name in reversed(names)}, outcomes


@given(graphs())
def test_every_step_runs_or_is_skipped_in_order(case: tuple[Graph, dict[str, bool]]) -> None:
    graph, will_be = case
    phases = dict.fromkeys(graph, Phase.WAITING)
    outcomes: dict[str, bool] = {}
    while True:
        now = turn(graph, phases, outcomes)
        phases.update(dict.fromkeys(now.skip, Phase.SKIPPED))
        if not now.start:
            break
        name = now.start[-1]
        assert all(phases[other] is Phase.SUCCEEDED for other in graph[name].waits_for)
        branch = graph[name].branch
        assert branch is None or outcomes[branch.condition] is branch.outcome
        phases[name] = Phase.SUCCEEDED
        if name in will_be:
            outcomes[name] = will_be[name]
    assert set(phases.values()) <= {Phase.SUCCEEDED, Phase.SKIPPED}
