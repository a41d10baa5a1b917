"""Built definitions that are kept, each under the hash of all that goes into it.

The SageMaker SDK takes seconds to import. Only a build pays them: the same config, account, programs, code
and versions give the same definition, so whoever asks again gets what was kept.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.account import AccountFacts
from pipeline.bundle import Bundle
from pipeline.config.model import PipelineConfig
from pipeline.language.problem import Problem

_ROOT = Path(__file__).parents[2]
CODE = (
    "pipeline/account.py",
    "pipeline/aws_model",
    "pipeline/bundle.py",
    "pipeline/checks",
    "pipeline/config",
    "pipeline/definition",
    "pipeline/errors.py",
    "pipeline/language",
    "pipeline/source.py",
    "pipeline/suggestion.py",
    "steps",
)
"""The folders and modules whose code decides on a definition or on what is found wrong with it."""

_PACKAGES = ("sagemaker", "botocore")
_MOST = 64
"""Entries kept: more than anybody's configs, and 64 times some 200 kB is little."""


@dataclass(frozen=True)
class Entry:
    """What is kept.

    Attributes:
        text: The definition.
        problems: What the checks found wrong with it.
        bundles: The packed programs that it names.
    """

    text: str
    problems: tuple[Problem, ...]
    bundles: tuple[Bundle, ...]


class Cache:
    """Entries in a folder, a file each. Several processes may use it at once.

    Args:
        folder: Made when the first entry is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> Entry | None:
        """The entry of a key; None if there is none, or its file is damaged or cannot be read."""
        try:
            kept = json.loads(self._file(key).read_bytes())
            problems = tuple(Problem(**{**one, "path": tuple(one["path"])}) for one in kept["problems"])
            return Entry(str(kept["text"]), problems, tuple(_bundle(**one) for one in kept["bundles"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            # Not there, or not written by `put`: the definition is built anew, and replaces it.
            return None

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry; of many, those that were kept first are dropped.

        Raises:
            OSError: It cannot be kept, such as on a full disk.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, part = tempfile.mkstemp(dir=self._folder, suffix=".part")
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(asdict(entry), file, default=lambda content: base64.b64encode(content).decode())
            Path(part).replace(self._file(key))
        except BaseException:
            Path(part).unlink()
            raise
        for old in self._oldest_first()[:-_MOST]:
            old.unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _oldest_first(self) -> list[Path]:
        times = {}
        for entry in os.scandir(self._folder):
            # Another process may drop it between the two looks.
            with suppress(FileNotFoundError):
                if entry.name.endswith(".json"):
                    times[Path(entry.path)] = entry.stat().st_mtime_ns
        return sorted(times, key=lambda path: times[path])


def _bundle(room: str, sha256: str, content: str) -> Bundle:
    return Bundle(room, sha256, base64.b64decode(content, validate=True))


def key_of(config: PipelineConfig, facts: AccountFacts, code: str) -> str:
    """The key of a definition.

    Args:
        config: The config.
        facts: The account.
        code: From `code_hash`.
    """
    account = {**asdict(facts), "without_quota": sorted(facts.without_quota)}
    parts = [config.model_dump(mode="json", by_alias=True), account, code]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def code_hash(root: Path = _ROOT) -> str:
    """Hash of the code and of the versions of the packages that make and judge definitions.

    Args:
        root: The folder that `pipeline` and `steps` are in.
    """
    made = hashlib.sha256()
    for path in sorted(_sources(root)):
        made.update(f"{path.relative_to(root).as_posix()}\0".encode())
        made.update(hashlib.sha256(path.read_bytes()).digest())
    versions = [platform.python_version(), *(importlib.metadata.version(name) for name in _PACKAGES)]
    made.update("\0".join(versions).encode())
    return made.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    """All files but what Python itself puts there: a packed program may hold more than modules."""
    for name in CODE:
        found = [root / name, *(root / name).rglob("*")]
        yield from (path for path in found if path.is_file() and "__pycache__" not in path.parts)
