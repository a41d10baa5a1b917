from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.graph import Branch, Graph, Node, Phase, Turn, find_cycle, turn, unanswered


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
        pytest.param(
            {"Validate": "FAILED"},
            {},
            Turn((), ("Train", "Gate", "Register", "Reject", "Report")),
            id="after a failure nothing starts, not even what does not wait for it",
        ),
        pytest.param(
            {"Validate": "SUCCEEDED", "Other": "STOPPED", "Train": "RUNNING"},
            {},
            Turn((), ()),
            id="after a stop",
        ),
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


ANSWERED: Graph = {
    "Train": node(),
    "Score": node("Train"),
    "CleanUp": Node(frozenset({"Train"}), triggers={"Train": "Failed"}),
    "Tell": node("CleanUp"),
    "Always": Node(frozenset({"Train", "Other"}), triggers={"Train": "Any", "Other": "Completed"}),
    "Resume": Node(frozenset({"Other"}), triggers={"Other": "Stopped"}),
    "Other": node(),
    "Later": node("Other"),
}
"""A failure of Train is answered, and a stop of Other is."""


@pytest.mark.parametrize(
    ("phases", "expected", "left"),
    [
        pytest.param(
            {"Train": "SUCCEEDED", "Other": "SUCCEEDED"},
            Turn(("Score", "Always", "Later"), ("CleanUp", "Resume", "Tell")),
            (),
            id="success",
        ),
        pytest.param(
            {"Train": "FAILED", "Other": "RUNNING"}, Turn(("CleanUp",), ("Score",)), (), id="a failure"
        ),
        pytest.param(
            {"Train": "FAILED", "Other": "SUCCEEDED", "CleanUp": "SUCCEEDED"},
            Turn(("Tell", "Always", "Later"), ("Score", "Resume")),
            (),
            id="an answered failure keeps nothing else from starting",
        ),
        pytest.param(
            {"Train": "STOPPED", "Other": "SUCCEEDED"},
            Turn(("Always", "Later"), ("Score", "CleanUp", "Resume", "Tell")),
            (),
            id="a stop is not a failure, but any end is an end",
        ),
        pytest.param(
            {"Train": "FAILED", "Other": "FAILED"},
            Turn(("CleanUp",), ("Score", "Always", "Resume", "Later")),
            ("Other",),
            id="what answers one failure starts after another that nothing answers",
        ),
        pytest.param(
            {"Train": "FAILED", "Other": "SUCCEEDED", "CleanUp": "FAILED"},
            Turn(("Always",), ("Score", "Tell", "Resume")),
            ("CleanUp",),
            id="the answer fails",
        ),
        pytest.param(
            {"Train": "SUCCEEDED", "Other": "STOPPED"},
            Turn(("Score", "Resume"), ("CleanUp", "Always", "Later", "Tell")),
            (),
            id="a stop that is answered",
        ),
    ],
)
def test_failures_that_are_answered(phases: dict[str, str], expected: Turn, left: tuple[str, ...]) -> None:
    now = {name: Phase[phases.get(name, "WAITING")] for name in ANSWERED}
    found = turn(ANSWERED, now, {})
    assert (found.start, sorted(found.skip)) == (expected.start, sorted(expected.skip))
    assert unanswered(ANSWERED, {**now, **dict.fromkeys(found.skip, Phase.SKIPPED)}) == left


def test_nothing_answers_a_fail_step() -> None:
    graph = {
        "Fail": Node(frozenset(), is_final=True),
        "After": Node(frozenset({"Fail"}), triggers={"Fail": "Failed"}),
    }
    phases = {"Fail": Phase.FAILED, "After": Phase.WAITING}
    assert turn(graph, phases, {}) == Turn(("After",), ())
    assert unanswered(graph, phases) == ("Fail",)


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
