"""Classes and the numbers of their images."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

from steps.validate.checks.family import Found
from steps.validate.findings import Culprit
from steps.validate.ledger.ledger import ClassCount, Ledger
from steps.validate.settings import Settings
from steps.validate.wording import counted, grouped, visible

MOST_TIMES = 10
"""A class is told of when the largest has more than so many times its images."""

_TRAIN = "train"

_CLOSED = "SELECT DISTINCT split, class FROM files WHERE place = 'closed'"
# The path has no slash: it is where a class would be.
_LINKS = """
    SELECT split, count(*) FROM files
    WHERE place = 'link' AND version = 'folder' AND instr(path, x'2f') = 0 GROUP BY split
"""


def find_class_problems(ledger: Ledger, settings: Settings) -> Iterator[Found]:
    """All that numbers of images tell, of both splits."""
    counts: dict[str, list[ClassCount]] = {split: [] for split in ledger.uris}
    for count in ledger.counts():
        counts[count.split].append(count)
    # What is in a folder that may not be listed is not known, so nothing is told of what is not in it.
    closed = set(ledger.query(_CLOSED))
    links: dict[str, int] = dict(ledger.query(_LINKS))
    for split, classes in counts.items():
        for found in _presence(split, ledger.uris[split], classes, links.get(split, 0)):
            if (split, found.culprit.path) not in closed:
                yield found
    for split, classes in counts.items():
        yield from _too_few_images(split, classes, settings.mini_batch_size)
    yield from _training(counts.get(_TRAIN, []), settings.min_images_per_class)
    others = {"train": "validation", "validation": "train"}
    for found in _mismatch(counts):
        if (others[found.culprit.split], found.culprit.path) not in closed:
            yield found


def _presence(split: str, uri: str, classes: Sequence[ClassCount], links: int) -> Iterator[Found]:
    if not any(one.files for one in classes):
        skipped = f"; {counted(links, 'link')} to folders skipped" if links else ""
        yield Found("no-images", Culprit(split, "", f"no images under {uri}{skipped}"))
        return
    for one in classes:
        if not one.files:
            yield Found("empty-class", Culprit(split, one.name, "no images"))


def _too_few_images(split: str, classes: Sequence[ClassCount], batch: int) -> Iterator[Found]:
    files, usable = sum(one.files for one in classes), sum(one.usable for one in classes)
    if files and usable < batch:
        reason = f"{_images(usable, files)}, at least {batch} (mini_batch_size)"
        yield Found("too-few-images", Culprit(split, "", reason))


def _training(classes: Sequence[ClassCount], least: int) -> Iterator[Found]:
    filled = [one for one in classes if one.files]
    if filled and len(classes) == 1:
        yield Found("too-few-classes", Culprit(_TRAIN, "", "1 class, at least 2"))
    for one in filled:
        if one.usable < least:
            reason = f"{_images(one.usable, one.files)}, at least {least}"
            yield Found("class-too-small", Culprit(_TRAIN, one.name, reason))
    largest = max(filled, key=lambda one: one.usable, default=None)
    for one in filled:
        if largest and 0 < one.usable * MOST_TIMES < largest.usable:
            reason = (
                f"{counted(one.usable, 'image')}, '{visible(largest.name)}' has {grouped(largest.usable)}"
            )
            yield Found("class-imbalance", Culprit(_TRAIN, one.name, reason))


def _mismatch(counts: Mapping[str, Sequence[ClassCount]]) -> Iterator[Found]:
    if not all(any(one.files for one in classes) for classes in counts.values()):
        return
    names = {split: {one.name for one in classes} for split, classes in counts.items()}
    for split, other in permutations(names, 2):
        for name in sorted(names[split] - names[other]):
            alike = _alike(name, names[other] - names[split])
            yield Found("class-mismatch", Culprit(split, name, f"not in {other}{alike}"))


def _alike(name: str, others: set[str]) -> str:
    folded = {other.casefold().strip(): other for other in sorted(others)}
    close = difflib.get_close_matches(name.casefold().strip(), folded, n=1)
    return f", which has '{visible(folded[close[0]])}'" if close else ""


def _images(usable: int, files: int) -> str:
    return counted(files, "image") if usable == files else f"{usable} usable of {counted(files, 'image')}"
