"""Runs a training script as the framework images' toolkit does: requirements, the script, and why it failed.

This is a process of its own, inside of the job: `python -m pipeline.local.jobs.toolkit TASK`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.local.jobs.layer import search_path
from pipeline.local.jobs.requirements import Installer
from pipeline.local.jobs.subprogram import Failed, call, say


@dataclass(frozen=True)
class Task:
    """What to do.

    Attributes:
        command: The script and its arguments; its `python3` is that of the layer.
        folder: The folder of its source, and where it runs.
        failure: The file that says why it failed.
        layers: The folder of the layers that jobs have in common.
        pip: Variables that only pip gets: they may hold the user's own settings and secrets.
    """

    command: Sequence[str]
    folder: str
    failure: str
    layers: str
    pip: Mapping[str, str]

    def write(self, path: Path) -> None:
        """Write it to a file, for nobody else to read."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @staticmethod
    def take(path: Path) -> Task:
        """Read it from a file, and remove the file: the script need not see it."""
        told = json.loads(path.read_text(encoding="utf-8"))
        path.unlink()
        return Task(**told)


def run(task: Task) -> None:
    """Install what the source requires, and run the script.

    Raises:
        Failed: One of both failed.
    """
    environment = dict(os.environ)
    folder = Path(task.folder)
    with Installer(task.layers, task.pip).layer(folder) as layer:
        if layer is not None:
            environment["PATH"] = search_path(layer, environment.get("PATH"))
        environment["PYTHONPATH"] = task.folder
        say(f"Invoking script with the following command:\n\n{' '.join(task.command)}\n")
        call("ExecuteUserScriptError", task.command, environment, folder)


def main() -> int:
    """Run the task of a file; returns the exit code."""
    task = Task.take(Path(sys.argv[1]))
    # The script gets these signals too: what they do is its affair, and its end is ours.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        run(task)
    except Failed as error:
        say(str(error))
        failure = Path(task.failure)
        if not failure.exists():
            failure.write_text(str(error), encoding="utf-8")
        return error.code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
