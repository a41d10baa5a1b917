"""The program of the step ValidateImages: checks the images before anything is paid for, and lists them.

    sources ─list, inspect─→ ledger ─(merge)─→ ledger of all ─check─→ report, lists
                             on each instance  on the first

Runs in a SageMaker processing container under Python 3.10 with numpy and Pillow, on one instance or several;
works under the base folder and that of temporary files only.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from steps.container import ProgramError, base_dir, processing_reason_file, run
from steps.validate.instances.cluster import Cluster, read_cluster
from steps.validate.instances.gathering import Gathering, Patience
from steps.validate.instances.reporting import Reporting
from steps.validate.ledger.ledger import Ledger
from steps.validate.processes.workers import cores
from steps.validate.progress import LogProgress
from steps.validate.settings import Settings, parse_settings
from steps.validate.sources.elsewhere import AnywhereSource
from steps.validate.sources.folder import FolderSource
from steps.validate.sources.source import Source
from steps.validate.survey import survey

_log = logging.getLogger(__name__)


def main() -> int:
    """Runs the program with this process's arguments and environment; returns the exit status."""
    base = base_dir(os.environ)
    program = partial(validate, base, sys.argv[1:], cores(), time.monotonic)
    return run(program, processing_reason_file(base))


def validate(
    base: Path,
    arguments: Sequence[str],
    jobs: int,
    clock: Callable[[], float],
    patience: Patience = Patience(),  # noqa: B008  immutable
) -> None:
    """Checks the part of the images that this instance has; the first one concludes from all parts.

    Args:
        base: The container's base folder.
        arguments: See `steps.validate.settings`.
        jobs: How many processes may decode at once.
        clock: Seconds that only grow.
        patience: How long instances wait for each other.

    Raises:
        ProgramError: The images cannot be used, the job is set up wrongly, or another instance failed.
            report.json is written if all images were seen.
    """
    settings = parse_settings(arguments)
    cluster = read_cluster(base)
    part = _Part(_sources(base, settings), settings, jobs, clock)
    with tempfile.TemporaryDirectory(prefix="validate-") as scratch:
        if cluster.is_leader:
            _lead(part, cluster, Path(scratch), patience, base / "processing" / "output")
        else:
            _follow(part, cluster, Path(scratch), patience)


@dataclass(frozen=True)
class _Part:
    """What one instance has to do."""

    sources: Mapping[str, FolderSource]
    settings: Settings
    jobs: int
    clock: Callable[[], float]

    def survey(self, ledger: Ledger) -> None:
        survey(ledger, self.sources, self.settings, self.jobs, LogProgress(self.clock))

    def ledger(self, file: Path) -> Ledger:
        uris = {split: source.uri for split, source in self.sources.items()}
        both = {"train": uris["train"], "validation": uris.get("validation", uris["train"])}
        return Ledger(file, both, self.settings.inspection)


def _lead(part: _Part, cluster: Cluster, scratch: Path, patience: Patience, output: Path) -> None:
    with part.ledger(scratch / "images.ledger") as ledger:
        if not cluster.peers:
            part.survey(ledger)
            _conclude(part, ledger, output, part.sources)
            return
        with Gathering(cluster, scratch, patience) as gathering:
            part.survey(ledger)
            for file in gathering.ledgers():
                with part.ledger(file) as other:
                    ledger.merge(other.rows())
                file.unlink()
            sources = part.sources.items()
            anywhere = {name: AnywhereSource(name, here, gathering.fetch) for name, here in sources}
            _conclude(part, ledger, output, anywhere)


def _conclude(part: _Part, ledger: Ledger, output: Path, sources: Mapping[str, Source]) -> None:
    # Only now: it loads NumPy, and each process that decodes loads first what this module loads at its top.
    from steps.validate.conclusion import conclude

    conclude(ledger, part.settings, output, sources)


def _follow(part: _Part, cluster: Cluster, scratch: Path, patience: Patience) -> None:
    file = scratch / "images.ledger"
    with Reporting(cluster, patience) as report:
        with part.ledger(file) as ledger:
            part.survey(ledger)
        report.send(file)
        report.answer(part.sources)
    _log.info("%s has what was found here, and has concluded", cluster.leader)


def _sources(base: Path, settings: Settings) -> dict[str, FolderSource]:
    """Where the images of each split are; of train only where that is to be divided."""
    splits = ("train", "validation") if settings.validation_share is None else ("train",)
    uris = _input_uris(base / "config" / "processingjobconfig.json", splits)
    return {split: FolderSource(uris[split], base / "processing" / "input" / split) for split in splits}


def _input_uris(config_file: Path, names: Sequence[str]) -> dict[str, str]:
    """Where inputs come from, out of the description that SageMaker gives every job."""
    try:
        config = json.loads(config_file.read_bytes())
        uris = {
            item["InputName"]: item["S3Input"]["S3Uri"]
            for item in config["ProcessingInputs"]
            if "S3Input" in item
        }
        return {name: uris[name] for name in names}
    except (OSError, ValueError, KeyError, TypeError) as error:
        listed = " and ".join(names)
        raise ProgramError(
            f"{config_file} does not tell where {listed} images come from ({type(error).__name__}: {error})\n"
            f"  hint: the processing job needs an input named after each ({listed}), with an S3Input"
        ) from error


if __name__ == "__main__":
    raise SystemExit(main())
