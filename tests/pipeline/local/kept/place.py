"""Servers that follow one another on one home, and what lies in it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from pipeline.local.aws import BUCKET
from tests.pipeline.local.fakes import clear_moto, running

LARGE = bytes(range(256)) * 400
TRUST = '{"Version": "2012-10-17", "Statement": []}'


def again(home: Path) -> Any:
    """A new server on a home, as after `kill -9` of the one before: nothing is saved at its end."""
    clear_moto()
    return running(home)


def all_objects(s3: Any) -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    return {each["Key"]: s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed}


def contents(home: Path) -> list[str]:
    return [path.name for path in (home / "local" / "aws" / "contents").iterdir()]


def now_ms() -> int:
    return int(time.time() * 1000)


def edit(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "aws.db")) as database:
        assert database.execute(statement).rowcount == 1
        database.commit()
