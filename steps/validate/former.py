"""The checks themselves: from what was listed and decoded to findings, without reading anything."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from steps.validate.facts import Flaw
from steps.validate.findings import CHECKS, Culprit, Finding, Grade
from steps.validate.scan import ClassFolder, Split
from steps.validate.settings import Settings
from steps.validate.wording import counted, visible

SKIPPABLE = ("unreadable-image", "unsupported-format", "image-too-large")
"""What `on_corrupt: skip` leaves out. A small image is not corrupt, and an unsafe name is quickly changed."""


@dataclass(frozen=True)
class Inspected:
    """A split and what decoding its images told.

    Attributes:
        split: What was listed.
        flaws: Why an image cannot be used, by its path.
        stray_images: Those of the split's strays that are images.
    """

    split: Split
    flaws: Mapping[str, Flaw]
    stray_images: frozenset[str] = frozenset()

    @property
    def usable(self) -> tuple[str, ...]:
        """The images to train or to measure with, sorted by path."""
        return tuple(path for path in self.split.files if not self._is_corrupt(path))

    def usable_of(self, folder: ClassFolder) -> int:
        """How many images of a class can be used."""
        return sum(not self._is_corrupt(path) for path in folder.files)

    def _is_corrupt(self, path: str) -> bool:
        return path in self.flaws and self.flaws[path].check in SKIPPABLE


def check_dataset(train: Inspected, validation: Inspected, settings: Settings) -> list[Finding]:
    """All findings of both splits, in the order of CHECKS, train before validation."""
    findings = [*_check_classes(train, settings), *_check_mismatch(train.split, validation.split)]
    for inspected in (train, validation):
        findings += [
            *_check_presence(inspected),
            *_check_strays(inspected),
            *_check_count(inspected, settings),
            *_check_flaws(inspected, settings),
            *_check_names(inspected.split),
        ]
    order = list(CHECKS)
    return sorted(findings, key=lambda finding: order.index(finding.check))


def _finding(
    check: str, split: Split, culprits: Iterable[tuple[str, str]], severity: Grade = "error"
) -> list[Finding]:
    """The finding as a list, empty without culprits. A culprit is (path under the split, reason)."""
    told = tuple(Culprit(split.name, path, reason) for path, reason in culprits)
    return [Finding(check, split.name, severity, len(told), told)] if told else []


def _check_presence(inspected: Inspected) -> list[Finding]:
    split = inspected.split
    if not split.files:
        return _finding("no-images", split, [("", f"no images under {split.uri}")])
    empty = [(folder.name, "no images") for folder in split.classes if not folder.files]
    return _finding("empty-class", split, empty)


def _check_strays(inspected: Inspected) -> list[Finding]:
    split = inspected.split
    images = [
        (path, "an image outside of a class folder")
        for path in split.strays
        if path in inspected.stray_images
    ]
    others = [(path, "skipped") for path in split.strays if path not in inspected.stray_images]
    return [
        *_finding("stray-file", split, images),
        *_finding("stray-file", split, others, "warning"),
        *_finding("hidden-file", split, [(path, "skipped") for path in split.hidden], "warning"),
    ]


def _check_classes(train: Inspected, settings: Settings) -> list[Finding]:
    split = train.split
    least = settings.min_images_per_class
    small = [
        (folder.name, f"{_images(train.usable_of(folder), len(folder.files))}, at least {least}")
        for folder in split.classes
        if folder.files and train.usable_of(folder) < least
    ]
    few = [("", "1 class, at least 2")] if split.files and len(split.classes) == 1 else []
    return [*_finding("too-few-classes", split, few), *_finding("class-too-small", split, small)]


def _check_mismatch(train: Split, validation: Split) -> list[Finding]:
    if not (train.files and validation.files):
        return []
    ours = {folder.name for folder in train.classes}
    theirs = {folder.name for folder in validation.classes}
    only = [
        *((name, f"not in train{_alike(name, ours - theirs)}") for name in sorted(theirs - ours)),
        *((name, f"not in validation{_alike(name, theirs - ours)}") for name in sorted(ours - theirs)),
    ]
    culprits = tuple(
        Culprit("validation" if name in theirs else "train", name, reason) for name, reason in only
    )
    return [Finding("class-mismatch", "validation", "error", len(culprits), culprits)] if culprits else []


def _alike(name: str, others: set[str]) -> str:
    folded = {other.casefold().strip(): other for other in sorted(others)}
    close = difflib.get_close_matches(name.casefold().strip(), folded, n=1)
    return f", which has '{visible(folded[close[0]])}'" if close else ""


def _check_count(inspected: Inspected, settings: Settings) -> list[Finding]:
    split, usable, batch = inspected.split, len(inspected.usable), settings.mini_batch_size
    if not split.files or usable >= batch:
        return []
    reason = f"{_images(usable, len(split.files))}, at least {batch} (mini_batch_size)"
    return _finding("too-few-images", split, [("", reason)])


def _images(usable: int, files: int) -> str:
    return counted(files, "image") if usable == files else f"{usable} usable of {counted(files, 'image')}"


def _check_flaws(inspected: Inspected, settings: Settings) -> list[Finding]:
    by_check: dict[str, list[tuple[str, str]]] = {}
    for path, flaw in sorted(inspected.flaws.items()):
        by_check.setdefault(flaw.check, []).append((path, flaw.reason))
    findings: list[Finding] = []
    for check, culprits in by_check.items():
        skipped = settings.skip_corrupt and check in SKIPPABLE
        findings += _finding(check, inspected.split, culprits, "warning" if skipped else "error")
    return findings


def _check_names(split: Split) -> list[Finding]:
    named = ((path, _name_flaw(path)) for path in split.files)
    return _finding("unsafe-name", split, ((path, flaw) for path, flaw in named if flaw))


def _name_flaw(path: str) -> str | None:
    if "\t" in path:
        return "a tab in the name"
    if "\n" in path or "\r" in path:
        return "a line break in the name"
    if any(unicodedata.category(character) == "Cc" for character in path):
        return "a control character in the name"
    if any(unicodedata.category(character) == "Cs" for character in path):
        return "the name is not UTF-8"
    # Readers of .lst files strip each line.
    return "a space at the end of the name" if path != path.rstrip() else None
