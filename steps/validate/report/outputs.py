"""All that the validation leaves behind, in the folders that a job's outputs are taken from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from steps.container import write_atomically
from steps.validate.findings import Finding
from steps.validate.ledger.ledger import Ledger
from steps.validate.lists.lists import write_lst, write_manifest
from steps.validate.report.census import Census, take_census
from steps.validate.report.document import is_passed, render_document
from steps.validate.report.page import render_page
from steps.validate.report.thumbnails import render_thumbnails
from steps.validate.settings import Settings
from steps.validate.sources.source import Source

_LISTED = """
    SELECT class, path FROM files WHERE split = ? AND place = 'class' AND left_out IS NULL ORDER BY path
"""


def write_outputs(
    ledger: Ledger,
    findings: Sequence[Finding],
    settings: Settings,
    folder: Path,
    sources: Mapping[str, Source],
) -> Census:
    """Writes the lists if the images can be used, and the report in any case.

    report/ gets report.html, classes.json and report.json, in this order: whoever sees report.json can rely
    on all else. datasets/<content hash>/ gets train_lst/train.lst, validation_lst/validation.lst and
    validation_manifest/validation.manifest.

    Args:
        ledger: What is known of the files, after the checks.
        findings: What the checks found.
        settings: What they were made with.
        folder: Where to.
        sources: Where the images are, by split, to show the worst.

    Returns:
        The data set in numbers.

    Raises:
        ProgramError: The name of an image cannot stand in a list.
    """
    census = take_census(ledger)
    if is_passed(findings):
        write_lists(ledger, census, folder / "datasets" / census.content_hash)
    report = folder / "report"
    _, height, width = settings.image_shape
    page = render_page(census, findings, render_thumbnails(ledger, sources, findings), (width, height))
    write_atomically(report / "report.html", page.encode("utf-8", "backslashreplace"))
    names = [one.name for one in census.classes]
    write_atomically(report / "classes.json", f"{json.dumps(names, indent=2)}\n".encode())
    write_atomically(
        report / "report.json", render_document(census, findings).encode("utf-8", "backslashreplace")
    )
    return census


def write_lists(ledger: Ledger, census: Census, folder: Path) -> None:
    """Writes the lists of the images that can be used, sorted by path.

    Raises:
        ProgramError: The name of an image cannot stand in a list.
    """
    index = {one.name: number for number, one in enumerate(census.classes)}
    for split in ("train", "validation"):
        write_lst(folder / f"{split}_lst" / f"{split}.lst", _listed(ledger, split, index))
    manifest = folder / "validation_manifest" / "validation.manifest"
    write_manifest(manifest, census.splits["validation"].uri, ledger.usable("validation"))


def _listed(ledger: Ledger, split: str, index: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    return ((index[name], os.fsdecode(path)) for name, path in ledger.query(_LISTED, split))
