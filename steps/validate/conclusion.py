"""What follows from a ledger that is full: findings, outputs, and whether the images can be used."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from steps.container import ProgramError
from steps.validate.checking import check
from steps.validate.findings import Finding
from steps.validate.ledger.ledger import Ledger
from steps.validate.lists.split import divide
from steps.validate.report.census import Census
from steps.validate.report.document import is_passed
from steps.validate.report.outputs import write_outputs
from steps.validate.report.problems import writing_problems
from steps.validate.report.summary import dataset_error, warning_line
from steps.validate.settings import Settings
from steps.validate.sources.source import Source
from steps.validate.wording import counted

_FAULTY = "SELECT count(*) FROM files WHERE faulty = 1"
_LOOKED_AT = "SELECT count(*) FROM files WHERE place IN ('class', 'stray', 'link', 'other', 'closed')"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judgement:
    """What the checks of a data set led to.

    Attributes:
        census: The data set in numbers.
        findings: What was found, in the order to tell it.
    """

    census: Census
    findings: Sequence[Finding]

    @property
    def passed(self) -> bool:
        """Whether the images can be trained on."""
        return is_passed(self.findings)


def conclude(ledger: Ledger, settings: Settings, folder: Path, sources: Mapping[str, Source]) -> Census:
    """Checks, and writes all outputs.

    Args:
        ledger: Listed and inspected.
        settings: The rules.
        folder: Gets report/ and, if the images can be used, datasets/.
        sources: Where the images are, by split: train, and validation unless that is to be a share of train.

    Returns:
        The data set in numbers.

    Raises:
        ProgramError: The images cannot be used. The report is written even so.
    """
    judgement = judge(ledger, settings, folder, sources)
    census, findings = judgement.census, judgement.findings
    for finding in findings:
        if finding.severity == "warning":
            _log.warning("%s", warning_line(finding))
    if not is_passed(findings):
        raise ProgramError(_reason(ledger, findings))
    _log.info(
        "the images can be used: %s, %s to train, %s to validate",
        counted(len(census.classes), "class"),
        counted(census.splits["train"].usable, "image"),
        counted(census.splits["validation"].usable, "image"),
    )
    return census


def judge(ledger: Ledger, settings: Settings, folder: Path, sources: Mapping[str, Source]) -> Judgement:
    """Checks, and writes all outputs; tells nothing. The arguments are those of `conclude`."""
    if settings.validation_share is not None:
        divide(ledger, settings.validation_share)
        sources = {"train": sources["train"], "validation": sources["train"]}
    with writing_problems(folder / "report" / "problems.jsonl") as write:
        findings = check(ledger, settings, write)
    return Judgement(write_outputs(ledger, findings, settings, folder, sources), findings)


def _reason(ledger: Ledger, findings: Sequence[Finding]) -> str:
    (faulty,), (files,) = next(ledger.query(_FAULTY)), next(ledger.query(_LOOKED_AT))
    return dataset_error(findings, faulty, files, list(dict.fromkeys(ledger.uris.values())))
