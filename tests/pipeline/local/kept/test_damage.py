from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.local.aws import BUCKET
from tests.pipeline.local.fakes import running
from tests.pipeline.local.kept.place import LARGE, again, all_objects, contents, edit, now_ms


class TestDamage:
    def prepare(self, home: Path) -> Path:
        with running(home) as first:
            s3 = first.client("s3")
            s3.put_object(Bucket=BUCKET, Key="k", Body=b"text")
            s3.put_object(Bucket=BUCKET, Key="large", Body=LARGE)
            first.client("events").put_rule(Name="r", EventPattern='{"source": ["aws.s3"]}')
        return home / "local" / "aws"

    def test_a_damaged_database_is_moved_aside(self, home: Path, caplog: pytest.LogCaptureFixture) -> None:
        folder = self.prepare(home)
        (folder / "aws.db").write_bytes(b"damaged" * 1000)
        with again(home) as second:
            (note,) = second.server.warnings
            (aside,) = [path for path in folder.iterdir() if "damaged" in path.name]
            assert note == (f"what was kept of AWS is damaged and starts empty; the damaged file is {aside}")
            assert second.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
        with again(home) as third:
            assert third.server.warnings == ()
        assert aside.read_bytes() == b"damaged" * 1000
        # Somebody may mend the database, and needs what it refers to.
        assert len(contents(home)) == 1
        aside.unlink()
        with again(home):
            assert contents(home) == []

    def test_damaged_records_are_moved_aside(self, home: Path, caplog: pytest.LogCaptureFixture) -> None:
        self.prepare(home)
        records = home / "local" / "records.db"
        records.write_bytes(b"damaged" * 1000)
        with again(home) as second:
            (note,) = second.server.warnings
            (aside,) = [path for path in records.parent.iterdir() if "damaged" in path.name]
            assert note == (
                "the records are damaged (file is not a database) and start empty; "
                f"the damaged file is {aside}"
            )
            assert second.sagemaker.list_models()["Models"] == []
            assert all_objects(second.client("s3")) == {"k": b"text", "large": LARGE}

    def test_what_an_older_version_left_is_said(self, home: Path) -> None:
        folder = self.prepare(home)
        (folder / "s3.pickle").write_bytes(b"")
        with again(home) as second:
            assert second.server.warnings == (
                f"{folder} has *.pickle of an older version, which are not read; remove them",
            )

    def test_a_damaged_service_is_put_aside(self, home: Path, caplog: pytest.LogCaptureFixture) -> None:
        folder = self.prepare(home)
        edit(folder, "UPDATE services SET body = 'damaged' WHERE name = 's3'")
        with again(home) as second:
            (note,) = second.server.warnings
            assert note.startswith(
                "what was kept of s3 is damaged and starts empty; the damaged part is s3.dam"
            )
            assert second.client("events").describe_rule(Name="r")["Name"] == "r"
            assert second.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
        # Its objects are not tidied away: somebody may want to read them.
        assert len(contents(home)) == 1
        with again(home) as third:
            assert third.server.warnings == ()
        assert len(contents(home)) == 1

    @pytest.mark.parametrize("how", ["pickle", "cut", "gone"])
    def test_a_damaged_object_is_left_out(
        self, home: Path, how: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        folder = self.prepare(home)
        (content,) = (folder / "contents").iterdir()
        if how == "pickle":
            edit(folder, "UPDATE entries SET body = x'00' WHERE key = 'large'")
        elif how == "cut":
            content.write_bytes(LARGE[:100])
        else:
            content.unlink()
        with again(home) as second:
            assert second.server.warnings == (
                "what was kept of 'large' is damaged and left out; server.log says why",
            )
            assert "cannot read large" in caplog.text
            s3 = second.client("s3")
            assert all_objects(s3) == {"k": b"text"}
            s3.put_object(Bucket=BUCKET, Key="large", Body=LARGE)
        with again(home) as third:
            assert third.server.warnings == ()
            assert all_objects(third.client("s3")) == {"k": b"text", "large": LARGE}


def test_what_nobody_refers_to_is_removed_at_the_start(home: Path) -> None:
    with running(home) as first:
        first.client("logs").create_log_group(logGroupName="g")
        first.client("logs").create_log_stream(logGroupName="g", logStreamName="s")
        event = {"timestamp": now_ms(), "message": "x"}
        first.client("logs").put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])
        first.client("logs").delete_log_group(logGroupName="g")
    (home / "local" / "aws" / "contents" / "left").write_bytes(b"by a server that was killed")
    with again(home):
        assert contents(home) == []
        with closing(sqlite3.connect(home / "local" / "aws" / "aws.db")) as database:
            for table in ("entries", "tails", "contents"):
                assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
