"""What the validation leaves behind: report.json for the pipeline and every single problem for the user."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from steps.validate.findings import CHECKS, Finding
from steps.validate.former import Inspected


def class_names(train: Inspected, validation: Inspected) -> list[str]:
    """The labels in the order of their indices: sorted names of the class folders of both splits."""
    return sorted({folder.name for side in (train, validation) for folder in side.split.classes})


def render_report(train: Inspected, validation: Inspected, findings: Sequence[Finding]) -> dict[str, Any]:
    """The content of report.json. Counts are of the images that can be used."""
    names = class_names(train, validation)
    counts = [_usable_by_class(side) for side in (train, validation)]
    return {
        "passed": is_passed(findings),
        "num_classes": len(names),
        "num_training_samples": len(train.usable),
        "num_validation_samples": len(validation.usable),
        "classes": [
            {"name": name, "index": i, "train": counts[0].get(name, 0), "validation": counts[1].get(name, 0)}
            for i, name in enumerate(names)
        ],
        "findings": [_finding(finding) for finding in findings],
    }


def render_problems(findings: Sequence[Finding]) -> bytes:
    """Every culprit of every finding, one JSON object a line; report.json holds only examples."""
    lines = (
        json.dumps(
            {
                "check": finding.check,
                "severity": finding.severity,
                "subject": culprit.subject,
                "reason": culprit.reason,
            },
            ensure_ascii=False,
        )
        for finding in findings
        for culprit in finding.examples
    )
    return "".join(f"{line}\n" for line in lines).encode()


def is_passed(findings: Sequence[Finding]) -> bool:
    """Whether the images can be trained on: no finding is an error."""
    return all(finding.severity != "error" for finding in findings)


def _finding(finding: Finding) -> dict[str, Any]:
    check = CHECKS[finding.check]
    return {
        "code": check.code,
        "check": finding.check,
        "severity": finding.severity,
        "split": finding.split,
        "count": finding.count,
        "examples": [str(culprit) for culprit in finding.examples[:10]],
        "reason": check.reason,
        "hint": check.hint,
    }


def _usable_by_class(inspected: Inspected) -> dict[str, int]:
    return {folder.name: inspected.usable_of(folder) for folder in inspected.split.classes}
