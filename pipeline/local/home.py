"""The folder that holds the local SageMaker's state. Imports nothing slow: the command line uses it."""

from __future__ import annotations

import json
import os
import secrets
import string
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import Finding, RunError
from pipeline.local.arns import REGION


@dataclass(frozen=True)
class Home:
    """The layout below the folder of imgpipe.

    Attributes:
        path: The folder of imgpipe: $IMGPIPE_HOME, else ~/.imgpipe.
    """

    path: Path

    @property
    def local(self) -> Path:
        """The local SageMaker's own folder; nobody else writes in it."""
        return self.path / "local"

    @property
    def credentials(self) -> Path:
        """The generated key pair."""
        return self.local / "credentials.json"

    @property
    def records(self) -> Path:
        """The record store."""
        return self.local / "records.db"

    @property
    def aws(self) -> Path:
        """What moto holds: a database, and the contents of large objects."""
        return self.local / "aws"

    @property
    def jobs(self) -> Path:
        """The folders of jobs: `<kind>/<name>`."""
        return self.local / "jobs"

    @property
    def server(self) -> Path:
        """What the running server says of itself."""
        return self.local / "server.json"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.local / "server.log"

    @property
    def server_lock(self) -> Path:
        """Locked by the server as long as it lives."""
        return self.local / "server.lock"

    @property
    def start_lock(self) -> Path:
        """Locked by the command that is starting or stopping the server."""
        return self.local / "start.lock"

    def make(self) -> None:
        """Make the folder, for nobody but us.

        Raises:
            RunError: L004: it belongs to somebody else, or is no folder of its own.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            self.local.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError:
            raise _unsafe(self.local, "it is not a folder") from None
        state = self.local.lstat()
        if self.local.is_symlink():
            raise _unsafe(self.local, "it is a link")
        if state.st_uid != os.geteuid():
            raise _unsafe(self.local, "it belongs to another user")
        if state.st_mode & 0o077:
            self.local.chmod(0o700)


def _unsafe(path: Path, why: str) -> RunError:
    return RunError(
        Finding(
            "L004",
            "unsafe-folder",
            f"{path} cannot hold the local SageMaker's state: {why}",
            hint="remove it, or choose another folder with IMGPIPE_HOME",
        )
    )


@dataclass(frozen=True)
class KeyPair:
    """What a client signs with."""

    access_key: str
    secret_key: str


def key_pair(home: Home) -> KeyPair:
    """The key pair of a home; generated when there is none, readable for its owner alone."""
    try:
        stored = json.loads(home.credentials.read_text())
        return KeyPair(stored["access_key"], stored["secret_key"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        letters = string.ascii_uppercase + "234567"
        # Not AKIA: nobody, and no scanner for leaked keys, shall take it for a key of AWS.
        access = "LOCAL" + "".join(secrets.choice(letters) for _ in range(15))
        pair = KeyPair(access, secrets.token_urlsafe(30))
        write_json(home.credentials, {"access_key": pair.access_key, "secret_key": pair.secret_key})
        return pair


def client_variables(url: str, keys: KeyPair) -> dict[str, str]:
    """Variables by which an AWS SDK reaches a server."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a file at once or not at all, readable for its owner alone."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(value, file)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
