from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.data.dataset import DataSet, configured, find_folder, find_prefix
from pipeline.data.quarantine import IN_THE_WAY, Stay, count_moved, folder_quarantine, taken
from pipeline.data.removal import Going
from pipeline.data.s3_quarantine import S3Quarantine, s3_quarantine
from pipeline.errors import UsageError
from pipeline.session import Session
from tests.pipeline.data.pictures import keys, lay_out, upload
from tests.pipeline.stubs import client_error

FILES = {"train/cat/1.jpg": b"one", "train/cat/tab\t.jpg": b"two", "validation/cat/3.jpg": b"three"}


def going(data: DataSet) -> list[Going]:
    return [
        Going(split, entry.path, entry.size, entry.version)
        for split, source in data.sources.items()
        for entry in sorted(source.entries(), key=lambda entry: entry.path)
        if entry.kind == "file"
    ]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def no_links(*_: object) -> None:
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


@pytest.fixture(params=["links", "copies"])
def data(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataSet:
    """A data set in a folder, on the device of its quarantine and on another one."""
    if request.param == "copies":
        monkeypatch.setattr(os, "link", no_links)
    return find_folder(lay_out(tmp_path / "set", FILES))


def test_files_keep_their_paths_and_their_content(data: DataSet, tmp_path: Path) -> None:
    quarantine = folder_quarantine(data, tmp_path / "q")
    times = (tmp_path / "set/train/cat/1.jpg").stat().st_mtime_ns
    files = going(data)
    moved = count_moved(taken(quarantine, iter(files)))
    assert (moved.moved, moved.left) == (3, 0)
    assert contents(tmp_path / "q") == FILES
    assert contents(tmp_path / "set") == {}
    assert (tmp_path / "q/train/cat/1.jpg").stat().st_mtime_ns == times
    assert quarantine.way_back() == f"cp -Rn {tmp_path}/q/. {tmp_path}/set/"
    # Repeated, it finds all done.
    assert count_moved(taken(quarantine, iter(files))).moved == 3


def test_a_move_that_was_interrupted_before_the_original_went(data: DataSet, tmp_path: Path) -> None:
    lay_out(tmp_path / "q", {"train/cat/1.jpg": b"one"})
    assert folder_quarantine(data, tmp_path / "q").take(going(data)[0]) is None
    assert not (tmp_path / "set/train/cat/1.jpg").exists()


def test_nothing_is_replaced(data: DataSet, tmp_path: Path) -> None:
    lay_out(tmp_path / "q", {"train/cat/1.jpg": b"One"})
    files = {file.path: file for file in going(data)}
    quarantine = folder_quarantine(data, tmp_path / "q")
    assert quarantine.take(files["cat/1.jpg"]) == Stay(
        f"{tmp_path}/set/train/cat/1.jpg: something else lies at {tmp_path}/q/train/cat/1.jpg", IN_THE_WAY
    )
    assert contents(tmp_path / "set") == FILES


def test_what_changed_or_went_since_the_check_stays(data: DataSet, tmp_path: Path) -> None:
    files = {file.path: file for file in going(data)}
    (tmp_path / "set/train/cat/1.jpg").write_bytes(b"changed")
    (tmp_path / "set/validation/cat/3.jpg").unlink()
    quarantine = folder_quarantine(data, tmp_path / "q")
    moved = count_moved(taken(quarantine, iter([files["cat/1.jpg"], files["cat/3.jpg"]])))
    assert (moved.moved, moved.left) == (0, 2)
    assert moved.reasons == (
        f"{tmp_path}/set/train/cat/1.jpg: it has changed since it was checked",
        f"{tmp_path}/set/validation/cat/3.jpg: it is gone",
    )
    assert moved.remedies == ()
    assert contents(tmp_path / "q") == {}


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (errno.EACCES, "make the folders of the images and of the quarantine writable for this user"),
        (errno.EROFS, "make the folders of the images and of the quarantine writable for this user"),
        (errno.ENOSPC, "make room in the quarantine, or name another one"),
        (errno.EIO, "mend what the system says of these files"),
    ],
    ids=errno.errorcode.get,
)
def test_images_that_may_not_be_taken_away_stay_there_only(
    data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, remedy: str
) -> None:
    unlink = Path.unlink

    def refuse(file: Path, missing_ok: bool = False) -> None:
        if file.is_relative_to(tmp_path / "set"):
            raise OSError(error, os.strerror(error), str(file))
        unlink(file, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    moved = count_moved(taken(folder_quarantine(data, tmp_path / "q"), iter(going(data))))
    assert (moved.moved, moved.left, moved.remedies) == (0, 3, (remedy,))
    assert moved.reasons[0] == f"{tmp_path}/set/train/cat/1.jpg: {os.strerror(error)}"
    assert contents(tmp_path / "q") == {}
    assert contents(tmp_path / "set") == FILES


def test_the_only_copy_is_never_undone(
    data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink

    def told_wrongly(file: Path, missing_ok: bool = False) -> None:
        unlink(file, missing_ok)
        if file.is_relative_to(tmp_path / "set"):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(Path, "unlink", told_wrongly)
    files = going(data)
    assert count_moved(taken(folder_quarantine(data, tmp_path / "q"), iter(files))).left == 3
    assert contents(tmp_path / "q") == FILES


def test_a_quarantine_that_cannot_be_written(data: DataSet, tmp_path: Path) -> None:
    lay_out(tmp_path, {"q": b"a file"})
    stay = folder_quarantine(data, tmp_path / "q").take(going(data)[0])
    assert stay is not None
    assert stay.reason.endswith(": Not a directory")
    assert contents(tmp_path / "set") == FILES


def test_a_copy_that_is_damaged_is_not_kept(
    data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr("shutil.copyfileobj", lambda _, file, __: file.write(b"???"))
    stay = folder_quarantine(data, tmp_path / "q").take(going(data)[0])
    assert stay is not None
    assert stay.reason.endswith(": the copy is not the same")
    assert contents(tmp_path / "set") == FILES
    assert contents(tmp_path / "q") == {}


@pytest.mark.parametrize("place", ["set", "set/q", "."], ids=["the same", "inside", "around"])
def test_a_quarantine_within_the_images(place: str, tmp_path: Path) -> None:
    data = find_folder(lay_out(tmp_path / "set", FILES))
    with pytest.raises(UsageError) as caught:
        folder_quarantine(data, tmp_path / place)
    assert str(caught.value) == (
        f"error R215 quarantine-within: the quarantine {(tmp_path / place).resolve()} and the images of "
        f"{tmp_path}/set lie one within the other\n  hint: name a place beside the data set"
    )


def test_a_share_that_validates_comes_from_the_same_place(tmp_path: Path) -> None:
    data = find_folder(lay_out(tmp_path / "set", {"cat/1.jpg": b"one"}))
    quarantine = folder_quarantine(data, tmp_path / "a 'q'")
    (file,) = going(data)
    assert quarantine.take(replace(file, split="validation")) is None
    assert contents(tmp_path / "a 'q'") == {"cat/1.jpg": b"one"}
    assert quarantine.way_back() == f"""cp -Rn '{tmp_path}/a '"'"'q'"'"'/.' {tmp_path}/set/"""


def test_folders_and_prefixes_do_not_mix(session: Session, tmp_path: Path) -> None:
    upload(session, "mixed", {"set/cat/1.jpg": b"1"})
    on_s3 = find_prefix(session, "s3://mixed/set", None)
    here = find_folder(lay_out(tmp_path / "set", {"cat/1.jpg": b"1"}))
    wrong: list[tuple[Callable[[], object], str, str]] = [
        (lambda: folder_quarantine(on_s3, tmp_path / "q"), f"{tmp_path}/q", "s3://mixed/set"),
        (lambda: s3_quarantine(session, here, "s3://mixed/q"), "s3://mixed/q", f"{tmp_path}/set"),
    ]
    for make, place, name in wrong:
        with pytest.raises(UsageError) as caught:
            make()
        assert str(caught.value) == (
            f"error R216 quarantine-elsewhere: files of {name} cannot be moved to {place}\n"
            "  hint: images on S3 go to a prefix s3://…, images in a folder to a folder"
        )


def on_s3(session: Session, bucket: str) -> tuple[DataSet, S3Quarantine]:
    upload(session, bucket, FILES, "set/")
    data = find_prefix(session, f"s3://{bucket}/set/", None)
    return data, s3_quarantine(session, data, f"s3://{bucket}/q/")


def test_objects_keep_their_keys(session: Session) -> None:
    data, quarantine = on_s3(session, "moves")
    files = going(data)
    for _ in range(2):
        assert count_moved(taken(quarantine, iter(files))).moved == 3
        assert keys(session, "moves") == sorted(f"q/{name}" for name in FILES)
    assert quarantine.way_back() == (
        "aws s3 mv --recursive s3://moves/q/validation/ s3://moves/set/validation/ && "
        "aws s3 mv --recursive s3://moves/q/train/ s3://moves/set/train/"
    )


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        pytest.param(b"one", None, id="its copy"),
        pytest.param(
            b"One", "s3://b/set/train/cat/1.jpg: something else lies at s3://b/q/train/cat/1.jpg", id="other"
        ),
        pytest.param(
            b"", "s3://b/set/train/cat/1.jpg: something else lies at s3://b/q/train/cat/1.jpg", id="empty"
        ),
    ],
)
def test_what_lies_in_the_quarantine_already(session: Session, there: bytes, reason: str | None) -> None:
    bucket = f"there-{len(there)}-{reason is None}".lower()
    data, quarantine = on_s3(session, bucket)
    session.client("s3").put_object(Bucket=bucket, Key="q/train/cat/1.jpg", Body=there)
    file = next(file for file in going(data) if file.path == "cat/1.jpg")
    told = reason and Stay(reason.replace("s3://b/", f"s3://{bucket}/"), IN_THE_WAY)
    assert quarantine.take(file) == told
    assert ("set/train/cat/1.jpg" in keys(session, bucket)) == (reason is not None)
    assert session.client("s3").get_object(Bucket=bucket, Key="q/train/cat/1.jpg")["Body"].read() == there


def test_an_object_that_changed_went_or_may_not_be_moved(session: Session) -> None:
    data, quarantine = on_s3(session, "stays")
    files = {file.path: file for file in going(data)}
    session.client("s3").put_object(Bucket="stays", Key="set/train/cat/1.jpg", Body=b"changed")
    session.client("s3").delete_object(Bucket="stays", Key="set/validation/cat/3.jpg")
    assert quarantine.take(files["cat/1.jpg"]) == Stay(
        "s3://stays/set/train/cat/1.jpg: it has changed since it was checked"
    )
    assert quarantine.take(files["cat/3.jpg"]) == Stay("s3://stays/set/validation/cat/3.jpg: it is gone")
    elsewhere = replace(quarantine, to="s3://no-such-bucket-here/q")
    assert elsewhere.take(files["cat/tab\t.jpg"]) == Stay(
        r"s3://stays/set/train/cat/tab\t.jpg: The specified bucket does not exist (NoSuchBucket)",
        "mend what S3 says of these files",
    )


@pytest.mark.parametrize(
    ("code", "kept"),
    [("AccessDenied", []), ("InternalError", ["q/train/cat/1.jpg"])],
    ids=["denied", "other"],
)
def test_an_object_that_may_not_be_deleted_stays_there_only(
    session: Session, monkeypatch: pytest.MonkeyPatch, code: str, kept: list[str]
) -> None:
    bucket = f"held-{code.lower()}"
    data, quarantine = on_s3(session, bucket)
    file = next(file for file in going(data) if file.path == "cat/1.jpg")
    delete = quarantine.client.delete_object

    def refuse(**given: str) -> object:
        if given["Key"].startswith("set/"):
            raise client_error(code, "no", "DeleteObject")
        return delete(**given)

    monkeypatch.setattr(quarantine.client, "delete_object", refuse)
    stay = quarantine.take(file)
    assert stay is not None
    assert stay.reason == f"s3://{bucket}/set/train/cat/1.jpg: no ({code})"
    assert ("s3:DeleteObject" in (stay.remedy or "")) == (code == "AccessDenied")
    assert keys(session, bucket) == [*kept, *sorted(f"set/{name}" for name in FILES)]


@pytest.mark.parametrize("place", ["s3://inside/set", "s3://inside/set/q", "s3://inside", "s3://inside/"])
def test_a_prefix_within_the_images(session: Session, place: str) -> None:
    upload(session, "inside", {"set/cat/1.jpg": b"1"})
    for data in (
        find_prefix(session, "s3://inside/set", None),
        configured(session, {"train": "s3://inside/set"}, None),
    ):
        with pytest.raises(UsageError, match="R215 quarantine-within"):
            s3_quarantine(session, data, place)
    assert s3_quarantine(session, data, "s3://inside/set-old").to == "s3://inside/set-old"
