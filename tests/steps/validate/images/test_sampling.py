from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from steps.validate.images.facts import Channels, Facts
from steps.validate.images.sampling import EVERY, SAMPLE, below, forget_unmeasured, sample_below
from steps.validate.ledger.ledger import Ledger
from steps.validate.report.census import take_census
from steps.validate.sources.source import Entry
from tests.steps.validate.ledgers import URIS, image

COLOURS = Channels(1, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


def fill(ledger: Ledger, names: range, bound: bytes | None = None) -> int:
    """Lists these images and inspects those that are new as one of the instances would; how many were new."""
    listed = [Entry(f"cat/{name}.jpg", "file", 5, "v") for name in names]
    ledger.list_entries("train", [Entry("cat", "folder", 0, ""), *listed])
    bound = bound or sample_below(ledger)
    forget_unmeasured(ledger, bound)
    new = list(ledger.uninspected("train"))
    ledger.keep("train", [(entry, facts(entry, bound)) for entry in new])
    return len(new)


def facts(entry: Entry, bound: bytes) -> Facts:
    found = image(entry.path)
    return found._replace(channels=COLOURS if (found.digest or b"") < bound else None)


def measured(ledger: Ledger) -> int:
    colours = take_census(ledger).colours
    return colours.images if colours else 0


def expected(names: range) -> int:
    digests = [hashlib.sha256(f"cat/{name}.jpg".encode()).digest() for name in names]
    return sum(int.from_bytes(digest[:8], "big") < (SAMPLE << 64) // len(names) for digest in digests)


@pytest.mark.parametrize(
    ("files", "bound"),
    [(0, EVERY), (SAMPLE, EVERY), (2 * SAMPLE, b"\x80" + bytes(7)), (256 * SAMPLE, b"\1" + bytes(7))],
    ids=["none", "few", "twice as many", "many"],
)
def test_bound(files: int, bound: bytes) -> None:
    assert below(files) == bound


def test_every_digest_is_below_every() -> None:
    assert EVERY > b"\xff" * 32


def test_all_of_few_images_are_measured(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger", URIS) as ledger:
        fill(ledger, range(700))
        assert measured(ledger) == 700


def test_about_so_many_of_many_images_are_measured(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger", URIS) as ledger:
        fill(ledger, range(3_000))
        assert measured(ledger) == expected(range(3_000))
        assert SAMPLE * 0.9 < measured(ledger) < SAMPLE * 1.1


def test_the_same_with_several_instances(tmp_path: Path) -> None:
    with Ledger(tmp_path / "one", URIS) as one, Ledger(tmp_path / "other", URIS) as other:
        fill(one, range(500))
        fill(other, range(500, 3_000))
        one.merge(other.rows())
        assert measured(one) == expected(range(3_000))


@pytest.mark.parametrize("before", [range(1_100), range(6_000)], ids=["fewer before", "more before"])
def test_the_same_when_a_run_is_gone_on_with(tmp_path: Path, before: range) -> None:
    with Ledger(tmp_path / "ledger", URIS) as ledger:
        fill(ledger, before)
        fill(ledger, range(3_000))
        assert measured(ledger) == expected(range(3_000))
        assert fill(ledger, range(3_000)) == 0
