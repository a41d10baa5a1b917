from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.graph import Branch, Graph, Node
from pipeline.language.selection import Selection, following, select


def node(*waits_for: str, branch: Branch | None = None) -> Node:
    return Node(frozenset(waits_for), branch)


# Validate ─→ Train ─→ Evaluate ─→ Gate ─if──→ Register ─→ Announce
#     └───────────────────┘          └else→ Reject
#     └─→ Report
GRAPH: Graph = {
    "Validate": node(),
    "Report": node("Validate"),
    "Train": node("Validate"),
    "Evaluate": node("Train", "Validate"),
    "Gate": node("Evaluate"),
    "Register": node("Gate", branch=Branch("Gate", True)),
    "Announce": node("Register", "Gate", branch=Branch("Gate", True)),
    "Reject": node("Gate", branch=Branch("Gate", False)),
}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(
            ["Validate"], Selection(("Validate",), (), (), (), (("Validate",),)), id="one that needs nothing"
        ),
        pytest.param(
            ["Evaluate"],
            Selection(("Evaluate",), ("Validate", "Train"), ("Validate", "Train"), (), (("Evaluate",),)),
            id="one that needs two",
        ),
        pytest.param(
            ["Gate"],
            Selection(("Gate",), ("Evaluate",), ("Validate", "Train", "Evaluate"), (), (("Gate",),)),
            id="one that comes after many",
        ),
        pytest.param(
            ["Evaluate", "Train"],
            Selection(("Train", "Evaluate"), ("Validate",), ("Validate",), (), (("Train", "Evaluate"),)),
            id="two in a row, ordered",
        ),
        pytest.param(
            ["Train", "Gate"],
            Selection(
                ("Train", "Gate"),
                ("Validate", "Evaluate"),
                ("Validate", "Evaluate"),
                ("Evaluate",),
                (("Train",), ("Gate",)),
            ),
            id="a gap",
        ),
        pytest.param(
            ["Validate", "Train", "Gate", "Evaluate"],
            Selection(
                ("Validate", "Train", "Evaluate", "Gate"),
                (),
                (),
                (),
                (("Validate", "Train", "Evaluate", "Gate"),),
            ),
            id="the beginning",
        ),
        pytest.param(
            ["Report", "Train"],
            Selection(("Report", "Train"), ("Validate",), ("Validate",), (), (("Report",), ("Train",))),
            id="beside each other",
        ),
        pytest.param(
            ["Gate", "Register"],
            Selection(
                ("Gate", "Register"),
                ("Evaluate",),
                ("Validate", "Train", "Evaluate"),
                (),
                (("Gate", "Register"),),
            ),
            id="a branch with its condition",
        ),
        pytest.param(
            ["Announce"],
            Selection(
                ("Announce",),
                ("Gate", "Register"),
                ("Validate", "Train", "Evaluate", "Gate", "Register"),
                (),
                (("Announce",),),
            ),
            id="the end of a branch needs its condition",
        ),
    ],
)
def test_what_runs_alone(names: list[str], expected: Selection) -> None:
    assert select(GRAPH, names) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Validate", tuple(GRAPH)),
        ("Evaluate", ("Evaluate", "Gate", "Register", "Announce", "Reject")),
        ("Register", ("Register", "Announce")),
        ("Reject", ("Reject",)),
    ],
)
def test_what_follows(name: str, expected: tuple[str, ...]) -> None:
    assert following(GRAPH, [name]) == expected


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Steps that wait only for steps before them: there are no cycles."""
    size = draw(st.integers(1, 8))
    return {
        str(index): node(*map(str, draw(st.sets(st.integers(0, index - 1))) if index else ()))
        for index in range(size)
    }


@given(graphs(), st.data())
def test_a_step_and_what_follows_it_always_run_alone(graph: Graph, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(sorted(graph)))
    found = select(graph, following(graph, [start]))
    assert (found.between, len(found.islands)) == ((), 1)


@given(graphs(), st.data())
def test_a_selection_fits_together(graph: Graph, data: st.DataObject) -> None:
    names = data.draw(st.sets(st.sampled_from(sorted(graph)), min_size=1))
    found = select(graph, names)
    assert set(found.selected) == names == {name for island in found.islands for name in island}
    assert set(found.between) <= set(found.upstream)
    assert set(found.needed) <= set(found.upstream)
    assert not names & set(found.upstream)
