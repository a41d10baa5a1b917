"""`python -m tests.bench.surveying FOLDER PROCESSES`: inspects train and validation into a ledger."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from steps.validate.ledger.ledger import Ledger
from steps.validate.progress import LogProgress
from steps.validate.settings import Settings
from steps.validate.sources.folder import FolderSource
from steps.validate.survey import survey

_SETTINGS = Settings((3, 224, 224), 256, 32, 20, skip_corrupt=False)


def main(folder: str, processes: int) -> None:
    """Prints the number of images."""
    sources = {name: FolderSource(name, Path(folder) / name) for name in ("train", "validation")}
    with tempfile.TemporaryDirectory() as scratch, Ledger(Path(scratch) / "ledger", _uris(sources)) as ledger:
        survey(ledger, sources, _SETTINGS, processes, LogProgress(time.monotonic))
        sys.stdout.write(f"{sum(count.files for count in ledger.counts())}\n")


def _uris(sources: Mapping[str, FolderSource]) -> dict[str, str]:
    return {name: source.uri for name, source in sources.items()}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
