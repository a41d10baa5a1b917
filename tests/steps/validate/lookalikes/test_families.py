import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from steps.validate.images.facts import Facts
from steps.validate.ledger.ledger import Ledger
from steps.validate.lookalikes.families import find_families
from steps.validate.sources.source import Entry

Pairs = Sequence[tuple[int, int]]


def families_of(folder: Path, digests: str, pairs: Pairs) -> dict[str, str]:
    """By digest, for images of one class that have the ids 1, 2, … and a digest of one letter each."""
    with Ledger(folder / "ledger", {"train": "s3://b"}) as ledger:
        entries = [Entry(f"cat/{i}", "file", 1, "v") for i in range(len(digests))]
        ledger.list_entries("train", entries)
        ledger.keep(
            "train",
            [(one, Facts("JPEG", d.encode(), 1, 1)) for one, d in zip(entries, digests, strict=True)],
        )
        ledger.change("CREATE TEMP TABLE near (one INTEGER, other INTEGER)")
        ledger.change_many("INSERT INTO near VALUES (?, ?)", pairs)
        find_families(ledger)
        find_families(ledger)  # once more changes nothing
        rows = ledger.query("SELECT digest, family FROM families")
        return {digest.decode(): family.decode() for digest, family in rows}


@pytest.mark.parametrize(
    ("digests", "pairs", "expected"),
    [
        pytest.param("ab", [], {}, id="no pairs"),
        pytest.param("bac", [(1, 2)], {"a": "a", "b": "a"}, id="a pair"),
        pytest.param(
            "abcde", [(5, 3), (3, 1), (2, 4)], {"a": "a", "c": "a", "e": "a", "b": "b", "d": "b"}, id="two"
        ),
        pytest.param("abcd", [(1, 2), (3, 4), (2, 3)], dict.fromkeys("abcd", "a"), id="joined late"),
        pytest.param("abc", [(1, 2), (2, 1), (1, 2)], {"a": "a", "b": "a"}, id="told twice"),
    ],
)
def test_families(tmp_path: Path, digests: str, pairs: Pairs, expected: dict[str, str]) -> None:
    assert families_of(tmp_path, digests, pairs) == expected


def test_a_long_chain_is_one_family(tmp_path: Path) -> None:
    digests = "".join(chr(0x4E00 + i) for i in range(3000))
    pairs = [(i, i + 1) for i in range(1, 3000)]
    random.Random(1).shuffle(pairs)
    assert families_of(tmp_path, digests, pairs) == dict.fromkeys(digests, digests[0])
