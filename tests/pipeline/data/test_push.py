from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from pipeline.data.folder import Split, read_splits
from pipeline.data.push import Pushed, push
from pipeline.errors import RunError
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


def read(folder: Path) -> dict[str, Split]:
    return read_splits(folder, ("train", "validation"))


def prefixes(bucket: str) -> dict[str, str]:
    return {"train": f"s3://{bucket}/train", "validation": f"s3://{bucket}/validation/"}


def test_a_push_uploads_what_is_missing_and_nothing_twice(session: Session, tmp_path: Path) -> None:
    session.client("s3").create_bucket(Bucket="push-twice")
    folder = lay_out(
        tmp_path, {"train/cat/1.jpg": b"one", "train/dog/ü 2.jpg": b"two", "validation/cat/3.jpg": b"3"}
    )
    first = push(session, read(folder), prefixes("push-twice"), overwrite=False, progress=quiet)
    assert first == Pushed(uploaded=3, present=0, foreign=())
    assert keys(session, "push-twice") == {
        "train/cat/1.jpg": b"one",
        "train/dog/ü 2.jpg": b"two",
        "validation/cat/3.jpg": b"3",
    }
    (folder / "train/cat/4.jpg").write_bytes(b"four")
    (folder / "train/cat/1.jpg").unlink()
    second = push(session, read(folder), prefixes("push-twice"), overwrite=False, progress=quiet)
    assert second == Pushed(uploaded=1, present=2, foreign=("s3://push-twice/train/cat/1.jpg",))


def test_what_the_folder_lacks_is_deleted_only_when_asked_for(session: Session, tmp_path: Path) -> None:
    session.client("s3").create_bucket(Bucket="push-delete")
    session.client("s3").put_object(Bucket="push-delete", Key="train-old/cat/9.jpg", Body=b"elsewhere")
    folder = lay_out(
        tmp_path, {"train/cat/1.jpg": b"1", "train/cat/2.jpg": b"2", "validation/cat/3.jpg": b"3"}
    )
    push(session, read(folder), prefixes("push-delete"), overwrite=False, progress=quiet)
    (folder / "train/cat/2.jpg").unlink()
    kept = push(session, read(folder), prefixes("push-delete"), overwrite=False, progress=quiet)
    assert kept == Pushed(0, 2, ("s3://push-delete/train/cat/2.jpg",))
    assert "train/cat/2.jpg" in keys(session, "push-delete")
    done = push(session, read(folder), prefixes("push-delete"), overwrite=False, delete=True, progress=quiet)
    assert done.to_json() == {"uploaded": 0, "already_present": 2, "not_in_folder": 1, "deleted": 1}
    assert sorted(keys(session, "push-delete")) == [
        "train-old/cat/9.jpg",
        "train/cat/1.jpg",
        "validation/cat/3.jpg",
    ]


def test_what_differs_is_replaced_only_when_asked_for(session: Session, tmp_path: Path) -> None:
    session.client("s3").create_bucket(Bucket="push-differs")
    folder = lay_out(tmp_path, {"train/cat/1.jpg": b"one", "validation/cat/2.jpg": b"two"})
    push(session, read(folder), prefixes("push-differs"), overwrite=False, progress=quiet)
    lay_out(tmp_path, {"train/cat/1.jpg": b"changed", "train/cat/new.jpg": b"new"})
    with pytest.raises(RunError) as caught:
        push(session, read(folder), prefixes("push-differs"), overwrite=False, progress=quiet)
    assert str(caught.value) == (
        "error R205 would-overwrite: 1 objects on S3 differ from the files of the same name\n"
        f"  files: {tmp_path}/train/cat/1.jpg\n"
        "  hint:  add `--overwrite` to replace them; nothing has been uploaded"
    )
    assert keys(session, "push-differs") == {"train/cat/1.jpg": b"one", "validation/cat/2.jpg": b"two"}
    done = push(session, read(folder), prefixes("push-differs"), overwrite=True, progress=quiet)
    assert done == Pushed(uploaded=2, present=1, foreign=())
    assert keys(session, "push-differs")["train/cat/1.jpg"] == b"changed"


def test_a_push_to_the_whole_bucket(session: Session, tmp_path: Path) -> None:
    session.client("s3").create_bucket(Bucket="push-whole")
    splits = read(lay_out(tmp_path, {"train/cat/1.jpg": b"one", "validation/cat/2#?.jpg": b"two"}))
    for expected in (Pushed(1, 0, ()), Pushed(0, 1, ())):
        done = push(session, splits, {"validation": "s3://push-whole"}, overwrite=False, progress=quiet)
        assert done == expected
    assert keys(session, "push-whole") == {"cat/2#?.jpg": b"two"}


def test_a_failed_upload_tells_how_far_it_came(session: Session, tmp_path: Path) -> None:
    session.client("s3").create_bucket(Bucket="push-fails")
    splits = read(lay_out(tmp_path, {"train/cat/1.jpg": b"one", "validation/cat/2.jpg": b"two"}))
    (tmp_path / "validation/cat/2.jpg").unlink()
    with pytest.raises(RunError) as caught:
        push(session, splits, prefixes("push-fails"), overwrite=False, progress=quiet)
    first, *rest = str(caught.value).splitlines()
    # The two are sent at the same time, so the one that works may come too late to count.
    assert first in {f"error R206 upload-failed: {count} of 2 files uploaded" for count in (0, 1)}
    assert rest == [
        "  reason: No such file or directory (os error 2)",
        "  hint:   run it again to go on; what is uploaded is not sent again",
    ]
    lay_out(tmp_path, {"validation/cat/2.jpg": b"two"})
    push(session, splits, prefixes("push-fails"), overwrite=False, progress=quiet)
    assert set(keys(session, "push-fails")) == {"train/cat/1.jpg", "validation/cat/2.jpg"}


def test_a_failure_of_the_display_is_not_taken_for_one_of_s3(session: Session, tmp_path: Path) -> None:
    def broken(items: Iterable[object], total: int) -> Iterator[object]:
        raise ValueError(f"cannot show {total}")

    session.client("s3").create_bucket(Bucket="push-display")
    splits = read(lay_out(tmp_path, {"train/cat/1.jpg": b"one", "validation/cat/2.jpg": b"two"}))
    with pytest.raises(ValueError, match="cannot show 2"):
        push(session, splits, prefixes("push-display"), overwrite=False, progress=broken)


def test_a_prefix_that_s3_cannot_list(session: Session, tmp_path: Path) -> None:
    session.client("s3").create_bucket(Bucket="push-lists")
    splits = read(lay_out(tmp_path, {"train/cat/1.jpg": b"one", "validation/cat/2.jpg": b"two"}))
    with pytest.raises(RunError) as caught:
        push(session, splits, {"train": "s3://push-lists/a//b"}, overwrite=False, progress=quiet)
    assert str(caught.value).splitlines()[:2] == [
        "error R206 upload-failed: nothing uploaded, s3://push-lists/a//b could not be listed",
        '  reason: Could not parse path: Path "a//b/" contained empty path segment',
    ]


def test_the_reason_is_what_s3_says(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The bucket goes between the check and the listing.
    monkeypatch.setattr("pipeline.data.push.ensure_bucket", lambda *_: None)
    splits = read(lay_out(tmp_path, {"train/cat/1.jpg": b"one", "validation/cat/2.jpg": b"two"}))
    with pytest.raises(RunError) as caught:
        push(session, splits, prefixes("push-gone"), overwrite=False, progress=quiet)
    assert str(caught.value).splitlines()[:2] == [
        "error R206 upload-failed: nothing uploaded, s3://push-gone/train could not be listed",
        "  reason: The specified bucket does not exist (NoSuchBucket)",
    ]
