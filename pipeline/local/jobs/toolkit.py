"""Runs a training script as the framework images' toolkit does: requirements, the script, and why it failed.

This is a process of its own, inside of the job: `python -m pipeline.local.jobs.toolkit TASK`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from pipeline.local.jobs.layer import make_layer, python_of, search_path

_TAIL = 64 * 1024
"""Bytes kept of what a program writes to its standard error: more than a failure file may hold."""

_QUIETLY = ("--no-input", "--disable-pip-version-check")


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


class Failed(Exception):
    """A program failed; the text is that of the failure file.

    Attributes:
        code: Its exit code.
    """

    def __init__(self, kind: str, code: int, said: str, command: Sequence[str]) -> None:
        super().__init__(f'{kind}:\nExitCode {code}\nErrorMessage "{said}"\nCommand "{" ".join(command)}"')
        self.code = code


def run(task: Task) -> None:
    """Install what the source requires, and run the script.

    Raises:
        Failed: One of both failed.
    """
    environment = dict(os.environ)
    folder = Path(task.folder)
    if wanted := _requirements(folder):
        layer = _layer(task, wanted)
        environment["PATH"] = search_path(layer, environment.get("PATH"))
    environment["PYTHONPATH"] = task.folder
    _say(f"Invoking script with the following command:\n\n{' '.join(task.command)}\n")
    _call("ExecuteUserScriptError", task.command, environment, folder)


def _requirements(folder: Path) -> list[str]:
    """What pip is to install for a source, as its arguments."""
    wanted = ["."] if (folder / "setup.py").is_file() else []
    return [*wanted, *(["-r", "requirements.txt"] if (folder / "requirements.txt").is_file() else [])]


def _layer(task: Task, wanted: Sequence[str]) -> Path:
    """A layer with what is wanted; one that was made before for the same files is used again."""
    layer = Path(task.layers) / _key(Path(task.folder), wanted)
    layer.parent.mkdir(parents=True, exist_ok=True)
    done = layer / "done"
    with layer.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            _say("The requirements are installed already.")
            os.utime(done)
            return layer
        shutil.rmtree(layer, ignore_errors=True)
        make_layer(layer)
        command = [str(python_of(layer)), "-m", "pip", "install", *_QUIETLY, *wanted]
        _say(f"Installing dependencies with the following command:\n{' '.join(command)}")
        _call("InstallRequirementsError", command, {**os.environ, **task.pip}, Path(task.folder))
        done.touch()
    return layer


def _key(folder: Path, wanted: Sequence[str]) -> str:
    digest = hashlib.sha256(f"{sys.version}\n{sys.prefix}\n".encode())
    files = [folder / "requirements.txt"]
    if "." in wanted:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def _call(kind: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
    program = shutil.which(command[0], path=environment.get("PATH")) or command[0]
    command = [program, *command[1:]]
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stderr=subprocess.PIPE,
            bufsize=0,
        )
    except OSError as error:
        raise Failed(kind, 127, f"{command[0]}: {error.strerror}", command) from error
    assert process.stderr is not None
    tail = _Tail(process.stderr)
    code = process.wait()
    said = tail.text()
    if code != 0:
        raise Failed(kind, code if code > 0 else 128 - code, said, command)


class _Tail:
    """Passes a program's standard error on, and keeps its end."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while data := self._stream.read(_TAIL):
            os.write(2, data)
            self._kept += data
            del self._kept[:-_TAIL]

    def text(self) -> str:
        """The last error and what led to it: from the last `Traceback` on, or the last line."""
        # A child that was left behind may hold the other end.
        self._thread.join(1.0)
        text = self._kept.decode("utf-8", "replace").rstrip()
        *_, last = text.rpartition("Traceback (most recent call last):\n")
        lines = [line for line in last.split("\n") if line.strip()]
        error = [line for line in lines if not line.startswith(" ")]
        return "\n".join(error if last != text else error[-1:])


def _say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def main() -> int:
    """Run the task of a file; returns the exit code."""
    task = Task.take(Path(sys.argv[1]))
    # The script gets these signals too: what they do is its affair, and its end is ours.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        run(task)
    except Failed as error:
        _say(str(error))
        failure = Path(task.failure)
        if not failure.exists():
            failure.write_text(str(error), encoding="utf-8")
        return error.code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
