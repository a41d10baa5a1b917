"""Every mutation of a definition is found where it was made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import zip_longest

import pytest

from pipeline.checks import engine
from pipeline.language.problem import Path, Problem
from tests.pipeline.checks import make_by_sdk
from tests.pipeline.checks.mutations import KINDS, Mutation, mutations
from tests.regenerate_golden import GOLDEN

FILES = {path.stem: path for path in (*sorted(GOLDEN.glob("*.json")), make_by_sdk.FILE)}
ALL_KINDS = (*KINDS, "a reference that leads nowhere")

AT_LEAST = {
    "a member taken away": 80,
    "an unknown member": 120,
    "a value of another type": 500,
    "null": 200,
    "a value outside of the enum": 50,
    "a text of another form": 150,
    "a size beyond the limits": 140,
    "a number beyond the limits": 25,
    "a reference that leads nowhere": 100,
}
"""By kind, mutations that there must be: an empty test would pass too."""


def text(name: str) -> str:
    return FILES[name].read_text(encoding="utf-8")


@cache
def by_kind() -> dict[str, list[tuple[str, Mutation]]]:
    """Every mutation of every definition, each sort of change once, with the definition's name."""
    found: dict[tuple[str, ...], tuple[str, Mutation]] = {}
    for name in FILES:
        for mutation in mutations(text(name)):
            found.setdefault(mutation.key, (name, mutation))
    return {kind: [one for one in found.values() if one[1].kind == kind] for kind in ALL_KINDS}


def is_caught(problem: Problem, mutation: Mutation) -> bool:
    return problem.severity == "error" and mutation.path[: len(problem.path)] == problem.path


def test_what_the_sdk_wrote_is_current() -> None:
    assert make_by_sdk.text() == make_by_sdk.FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_mutated_has_no_error(name: str) -> None:
    assert [problem for problem in engine.problems(text(name)) if problem.severity == "error"] == []


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_every_mutation_is_caught(kind: str) -> None:
    made = by_kind()[kind]
    missed = [mutation for name, batch in batches(made) for mutation in missed_of(name, batch)]
    assert missed == []
    assert len(made) >= AT_LEAST[kind]


def batches(made: list[tuple[str, Mutation]]) -> Iterator[tuple[str, list[Mutation]]]:
    """Mutations that one text can hold: one in each step, where they do not touch each other."""
    by_step: dict[str, dict[Path, list[Mutation]]] = {}
    for name, mutation in made:
        by_step.setdefault(name, {}).setdefault(mutation.step, []).append(mutation)
    for name, lists in by_step.items():
        for batch in zip_longest(*lists.values()):
            yield name, [mutation for mutation in batch if mutation is not None]


def missed_of(name: str, batch: list[Mutation]) -> list[Mutation]:
    document = json.loads(text(name))
    for mutation in batch:
        document = mutation.of(document)
    found = engine.problems(json.dumps(document))
    return [mutation for mutation in batch if not any(is_caught(problem, mutation) for problem in found)]


def test_there_are_hundreds_of_mutations() -> None:
    assert sum(map(len, by_kind().values())) > 1500
