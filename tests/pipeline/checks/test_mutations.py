"""Every mutation of our own definitions is found, where it was made."""

from __future__ import annotations

import json
from functools import cache

import pytest

from pipeline.checks import engine
from pipeline.language.problem import Problem
from tests.pipeline.checks.mutations import KINDS, Mutation, mutations
from tests.regenerate_golden import GOLDEN

NAMES = sorted(path.stem for path in GOLDEN.glob("*.json"))
ALL_KINDS = (*KINDS, "a reference that leads nowhere")

AT_LEAST = {
    "a member taken away": 30,
    "an unknown member": 60,
    "a value of another type": 200,
    "null": 100,
    "a value outside of the enum": 20,
    "a text of another form": 80,
    "a size beyond the limits": 80,
    "a number beyond the limits": 10,
    "a reference that leads nowhere": 100,
}
"""By kind, mutations that there must be: an empty test would pass too."""


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


@cache
def by_kind() -> dict[str, list[tuple[str, Mutation]]]:
    """Every mutation of every golden definition, each sort of change once, with the definition's name."""
    found: dict[tuple[str, ...], tuple[str, Mutation]] = {}
    for name in NAMES:
        for mutation in mutations(golden(name)):
            found.setdefault(mutation.key, (name, mutation))
    return {kind: [one for one in found.values() if one[1].kind == kind] for kind in ALL_KINDS}


def is_caught(problem: Problem, mutation: Mutation) -> bool:
    return problem.severity == "error" and mutation.path[: len(problem.path)] == problem.path


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_mutated_has_no_error(name: str) -> None:
    assert [problem for problem in engine.problems(golden(name)) if problem.severity == "error"] == []


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_every_mutation_is_caught(kind: str) -> None:
    documents = {name: json.loads(golden(name)) for name in NAMES}
    made = by_kind()[kind]
    missed = [
        (name, mutation)
        for name, mutation in made
        if not any(is_caught(problem, mutation) for problem in engine.problems(mutation.of(documents[name])))
    ]
    assert missed == []
    assert len(made) >= AT_LEAST[kind]


def test_there_are_hundreds_of_mutations() -> None:
    assert sum(map(len, by_kind().values())) > 700
