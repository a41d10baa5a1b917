from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from pipeline.data import Pushed, push
from pipeline.errors import RunError, UsageError
from pipeline.session import Session


def quiet(items: Iterable[object], total: int) -> Iterator[object]:
    done = list(items)
    assert len(done) == total
    return iter(done)


def lay_out(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def keys(session: Session, bucket: str) -> dict[str, bytes]:
    s3 = session.client("s3")
    found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {each["Key"]: s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found}


def prefixes(bucket: str) -> dict[str, str]:
    return {"train": f"s3://{bucket}/train", "validation": f"s3://{bucket}/validation/"}


def test_a_push_uploads_what_is_missing_and_nothing_twice(session: Session, tmp_path: Path) -> None:
    session.client("s3").create_bucket(Bucket="push-twice")
    folder = lay_out(
        tmp_path, {"train/cat/1.jpg": b"one", "train/dog/ü 2.jpg": b"two", "validation/cat/3.jpg": b"3"}
    )
    first = push(session, folder, prefixes("push-twice"), overwrite=False, progress=quiet)
    assert first == Pushed(uploaded=3, present=0, foreign=0)
    assert keys(session, "push-twice") == {
        "train/cat/1.jpg": b"one",
        "train/dog/ü 2.jpg": b"two",
        "validation/cat/3.jpg": b"3",
    }
    (folder / "train/cat/4.jpg").write_bytes(b"four")
    (folder / "train/cat/1.jpg").unlink()
    second = push(session, folder, prefixes("push-twice"), overwrite=False, progress=quiet)
    assert second == Pushed(uploaded=1, present=2, foreign=1)


def test_what_differs_is_replaced_only_when_asked_for(session: Session, tmp_path: Path) -> None:
    session.client("s3").create_bucket(Bucket="push-differs")
    folder = lay_out(tmp_path, {"train/cat/1.jpg": b"one", "validation/cat/2.jpg": b"two"})
    push(session, folder, prefixes("push-differs"), overwrite=False, progress=quiet)
    lay_out(tmp_path, {"train/cat/1.jpg": b"changed", "train/cat/new.jpg": b"new"})
    with pytest.raises(RunError) as caught:
        push(session, folder, prefixes("push-differs"), overwrite=False, progress=quiet)
    assert str(caught.value) == (
        "error R205 would-overwrite: 1 objects on S3 differ from the files of the same name\n"
        f"  files: {tmp_path}/train/cat/1.jpg\n"
        "  hint:  add `--overwrite` to replace them; nothing has been uploaded"
    )
    assert keys(session, "push-differs") == {"train/cat/1.jpg": b"one", "validation/cat/2.jpg": b"two"}
    done = push(session, folder, prefixes("push-differs"), overwrite=True, progress=quiet)
    assert done == Pushed(uploaded=2, present=1, foreign=0)
    assert keys(session, "push-differs")["train/cat/1.jpg"] == b"changed"


def test_a_folder_without_the_splits_is_refused_before_anything_is_sent(
    session: Session, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        push(session, tmp_path, prefixes("push-none"), overwrite=False, progress=quiet)
    assert [finding.code for finding in caught.value.findings] == ["R204", "R204"]
    assert str(caught.value.findings[0]) == (
        f"error R204 no-images: {tmp_path}/train holds no files\n"
        f"  hint: lay images out as {tmp_path}/train/CLASS/x.jpg and {tmp_path}/validation/CLASS/y.jpg"
    )
