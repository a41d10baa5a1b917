"""Ledgers of made-up facts, for the tests of the checks."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from steps.validate.checking import check
from steps.validate.findings import Problem
from steps.validate.images.facts import Facts, Flaw, Look
from steps.validate.ledger.ledger import Ledger
from steps.validate.settings import Settings
from steps.validate.sources.source import Entry, Kind

URIS = {"train": "s3://b/train", "validation": "s3://b/validation"}
SETTINGS = Settings((3, 8, 8), resize=8, mini_batch_size=1, min_images_per_class=1, skip_corrupt=False)

Files = Mapping[str, Facts | Kind | None]
"""By path, such as train/cat/1.jpg: the facts of a file; its kind where it is none; None for a good image."""


def look(name: str) -> Look:
    """An image that looks like no other of another name."""
    dice = random.Random(os.fsencode(name))
    thumb = bytes(dice.choices(range(256), k=256))
    return Look(dice.getrandbits(64) - 2**63, thumb, 0.5, 0.2, 0.05, 6.0)


def image(name: str, seen: str | None = None) -> Facts:
    """A good image whose bytes depend on the name, and whose look on what is seen."""
    digest = hashlib.sha256(os.fsencode(name)).digest()
    return Facts("JPEG", digest, 640, 480, look=look(name if seen is None else seen))


def flawed(check: str, reason: str) -> Facts:
    return Facts(flaw=Flaw(check, reason))


def poor(
    name: str,
    brightness: float = 0.5,
    contrast: float = 0.2,
    sharpness: float = 0.05,
    detail: float = 6.0,
) -> Facts:
    """An image with such figures."""
    seen = look(name)
    return image(name)._replace(look=Look(seen.hash, seen.thumb, brightness, contrast, sharpness, detail))


def good(classes: Mapping[str, int]) -> dict[str, Facts | Kind | None]:
    """So many good images a class, such as {"train/cat": 2}."""
    return {f"{name}/{number}.jpg": None for name, count in classes.items() for number in range(count)}


BOTH: Mapping[str, int] = {"train/cat": 2, "train/dog": 2, "validation/cat": 1, "validation/dog": 1}


@contextmanager
def filled(folder: Path, files: Files, uris: Mapping[str, str] = URIS) -> Iterator[Ledger]:
    """A ledger in which these files are listed and inspected."""
    with Ledger(folder / "images.ledger", uris) as ledger:
        for split in uris:
            inside = {
                path.partition("/")[2]: what for path, what in files.items() if path.startswith(f"{split}/")
            }
            kinds: dict[str, Kind] = dict.fromkeys(inside, "file")
            kinds |= {path: what for path, what in inside.items() if isinstance(what, str)}
            ledger.list_entries(split, [Entry(path, kind, 5, "v") for path, kind in kinds.items()])
            facts = {path: what for path, what in inside.items() if isinstance(what, Facts)}
            ledger.keep(
                split,
                [
                    (entry, facts.get(entry.path, image(f"{split}/{entry.path}")))
                    for entry in ledger.uninspected(split)
                ],
            )
        yield ledger


def told(folder: Path, files: Files, settings: Settings = SETTINGS) -> list[tuple[str, str, str]]:
    """(severity, check, culprit) of every problem, sorted."""
    problems: list[Problem] = []
    with filled(folder, files) as ledger:
        check(ledger, settings, problems.append)
    return sorted((problem.severity, problem.check, str(problem.culprit)) for problem in problems)
