"""The program of the step ValidateImages: checks the images before anything is paid for, and lists them.

Runs in a SageMaker processing container under Python 3.10 with Pillow; works under the base folder only.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from steps.container import ProgramError, base_dir, processing_reason_file, run, write_atomically
from steps.validate.decode import looks_like_image
from steps.validate.findings import CHECKS, Finding
from steps.validate.former import Inspected, check_dataset
from steps.validate.inspection import inspect_images
from steps.validate.lists import write_lst, write_manifest
from steps.validate.report import class_names, is_passed, render_problems, render_report
from steps.validate.scan import Split, scan_split
from steps.validate.settings import Settings, parse_settings
from steps.validate.summary import dataset_error, warning_line
from steps.validate.wording import counted

_log = logging.getLogger(__name__)


def main() -> int:
    """Runs the program with this process's arguments and environment; returns the exit status."""
    base = base_dir(os.environ)
    jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    program = partial(validate, base, sys.argv[1:], jobs, time.monotonic)
    return run(program, processing_reason_file(base))


def validate(base: Path, arguments: Sequence[str], jobs: int, clock: Callable[[], float]) -> None:
    """Checks both splits and writes all outputs.

    Args:
        base: The container's base folder.
        arguments: See `steps.validate.settings`.
        jobs: How many processes may decode at once.
        clock: Seconds that only grow.

    Raises:
        ProgramError: The images cannot be used, or the job is set up wrongly. report.json is written even so.
    """
    settings = parse_settings(arguments)
    uris = _input_uris(base / "config" / "processingjobconfig.json")
    train, validation = (
        _inspect(scan_split(name, uris[name], base / "processing" / "input" / name), settings, jobs, clock)
        for name in ("train", "validation")
    )
    findings = check_dataset(train, validation, settings)
    output = base / "processing" / "output"
    _write_report(output / "report", train, validation, findings)
    for finding in findings:
        if finding.severity == "warning":
            _log.warning("%s", warning_line(finding))
    if not is_passed(findings):
        files = sum(len(side.split.files) + len(side.split.strays) for side in (train, validation))
        faulty = {
            culprit.subject
            for finding in findings
            if finding.severity == "error" and CHECKS[finding.check].unit == "file"
            for culprit in finding.examples
        }
        raise ProgramError(dataset_error(findings, len(faulty), files, list(uris.values())))
    _write_lists(output, train, validation)
    _log.info(
        "the images can be used: %s, %s to train, %s to validate",
        counted(len(train.split.classes), "class"),
        counted(len(train.usable), "image"),
        counted(len(validation.usable), "image"),
    )


def _inspect(split: Split, settings: Settings, jobs: int, clock: Callable[[], float]) -> Inspected:
    flaws = inspect_images(split.name, split.root, split.files, settings.smallest, jobs, clock)
    images = frozenset(path for path in split.strays if looks_like_image(split.root / path))
    return Inspected(split, flaws, images)


def _input_uris(config_file: Path) -> dict[str, str]:
    """Where train and validation come from, out of the description that SageMaker gives every job."""
    try:
        config = json.loads(config_file.read_bytes())
        uris = {
            item["InputName"]: item["S3Input"]["S3Uri"]
            for item in config["ProcessingInputs"]
            if "S3Input" in item
        }
        return {name: uris[name] for name in ("train", "validation")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProgramError(
            f"{config_file} does not tell where the inputs train and validation come from"
            f" ({type(error).__name__}: {error})\n"
            "  hint: the processing job needs two inputs named train and validation, each with an S3Input"
        ) from error


def _write_report(folder: Path, train: Inspected, validation: Inspected, findings: Sequence[Finding]) -> None:
    write_atomically(folder / "problems.jsonl", render_problems(findings))
    write_atomically(folder / "classes.json", _json(class_names(train, validation)))
    # Last, so that whoever sees it can rely on the others.
    write_atomically(folder / "report.json", _json(render_report(train, validation, findings)))


def _write_lists(output: Path, train: Inspected, validation: Inspected) -> None:
    index = {name: i for i, name in enumerate(class_names(train, validation))}
    for side in (train, validation):
        name = side.split.name
        images = ((index[path.partition("/")[0]], path) for path in side.usable)
        write_lst(output / f"{name}_lst" / f"{name}.lst", images)
    manifest = output / "validation_manifest" / "validation.manifest"
    write_manifest(manifest, validation.split.uri, validation.usable)


def _json(content: object) -> bytes:
    return (json.dumps(content, ensure_ascii=True, indent=2) + "\n").encode()


if __name__ == "__main__":
    raise SystemExit(main())
