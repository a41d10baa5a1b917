from __future__ import annotations

import pickle

import pytest
from botocore.exceptions import ClientError

from pipeline.data.s3_access import S3Access
from pipeline.data.s3_listing import is_plain
from pipeline.data.s3_source import S3Source
from pipeline.session import Session
from steps.container import ProgramError
from steps.validate.library import Entry, Flaw
from tests.pipeline.data.pictures import upload

NAMES = [
    "cat/1.jpg",
    "cat/a b#?%20+&.jpg",
    "cat/ü😀.jpg",
    "cat/tab\t.jpg",
    "cat/deep//x.jpg",
    "cat/./x.jpg",
    "dog/sub/deeper/2.jpg",
    "loose.jpg",
    ".hidden/3.jpg",
]


def source(session: Session, bucket: str, prefix: str = "/in") -> S3Source:
    made = S3Source(f"s3://{bucket}{prefix}", S3Access.of(session, None, bucket))
    # As a worker process gets it.
    copy: S3Source = pickle.loads(pickle.dumps(made))
    return copy


def found(source: S3Source) -> dict[str, Entry]:
    return {entry.path: entry for entry in source.entries()}


@pytest.mark.parametrize("prefix", ["in/", ""], ids=["a prefix", "a whole bucket"])
def test_all_objects_are_listed_and_read_whatever_their_names(session: Session, prefix: str) -> None:
    bucket = f"names-{len(prefix)}"
    upload(session, bucket, {name: name.encode() for name in NAMES}, prefix)
    at = source(session, bucket, f"/{prefix}")
    entries = found(at)
    files = [entry for entry in entries.values() if entry.kind == "file"]
    assert {entry.path: entry.size for entry in files} == {name: len(name.encode()) for name in NAMES}
    assert {path for path, entry in entries.items() if entry.kind == "folder"} == {"cat", "dog", ".hidden"}
    assert list(at.open().read(files)) == [entry.path.encode() for entry in files]


def test_markers_of_folders_are_no_files(session: Session) -> None:
    objects = {"in/": b"", "in/cat/": b"", "in/cat/sub/": b"", "in/cat/empty": b"", "in/cat/empty.jpg": b""}
    upload(session, "markers", {**objects, "in-another/cat/1.jpg": b"1"})
    entries = found(source(session, "markers"))
    assert {path: entry.kind for path, entry in entries.items()} == {
        "cat": "folder",
        "cat/empty": "file",
        "cat/empty.jpg": "file",
    }


def test_more_than_a_page_of_more_folders_than_are_listed_at_once(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.data.s3_listing._PAGE", 2)
    monkeypatch.setattr("pipeline.data.s3_listing._SIDE_BY_SIDE", 2)
    names = {f"{name}/{number}" for name in "abcd" for number in range(5)}
    upload(session, "pages", {f"in/{name}": b"x" for name in names})
    assert set(found(source(session, "pages"))) == names | set("abcd")


def test_what_changes_or_vanishes_while_it_is_read_is_told(session: Session) -> None:
    names = ["cat/changed.jpg", "cat/gone.jpg", "cat/changed\t.jpg", "cat/gone\t.jpg", "cat/same.jpg"]
    upload(session, "changes", {f"in/{name}": b"before" for name in names})
    at = source(session, "changes")
    entries = found(at)
    for name in names[:4]:
        if "gone" in name:
            session.client("s3").delete_object(Bucket="changes", Key=f"in/{name}")
        else:
            session.client("s3").put_object(Bucket="changes", Key=f"in/{name}", Body=b"after")
    changed = Flaw("changed-while-scanning", "changed after it was listed")
    vanished = Flaw("changed-while-scanning", "vanished after it was listed")
    read = list(at.open().read([entries[name] for name in names]))
    assert read == [changed, vanished, changed, vanished, b"before"]


class Refusing:
    """A store, or a client, whose answers are errors."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def get_object(self, **_: object) -> object:
        raise self.error


def answer(code: str, message: str) -> str:
    return (
        f"403 Forbidden: <Error><Code>{code}</Code><Message>{message}</Message></Error>\n\nDebug source:\nx"
    )


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param("AccessDenied", "Access Denied", id="denied"),
        pytest.param("InvalidObjectState", "The operation is not valid for the storage class", id="archived"),
    ],
)
@pytest.mark.parametrize("path", ["cat/1.jpg", "cat/1\t.jpg"], ids=["plain", "odd"])
def test_an_object_that_may_not_be_read(
    session: Session, monkeypatch: pytest.MonkeyPatch, code: str, message: str, path: str
) -> None:
    assert read_refused(session, monkeypatch, code, message, path) == [
        Flaw("no-permission", f"S3 refuses it: {message} ({code})")
    ]


def read_refused(
    session: Session, monkeypatch: pytest.MonkeyPatch, code: str, message: str, path: str
) -> list[bytes | Flaw]:
    from obstore.exceptions import PermissionDeniedError

    def refuse(*_: object, **__: object) -> object:
        raise PermissionDeniedError(answer(code, message))

    monkeypatch.setattr("obstore.get", refuse)
    reader = S3Source("s3://refusing/in", S3Access.of(session, None, "refusing")).open()
    error = ClientError({"Error": {"Code": code, "Message": message}}, "GetObject")
    object.__setattr__(reader, "client", Refusing(error))
    return list(reader.read([Entry(path, "file", 1, '"e"')]))


@pytest.mark.parametrize("path", ["cat/1.jpg", "cat/1\t.jpg"], ids=["plain", "odd"])
def test_wrong_credentials_end_all(session: Session, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    with pytest.raises(ProgramError) as caught:
        read_refused(session, monkeypatch, "InvalidAccessKeyId", "The key does not exist", path)
    assert str(caught.value) == (
        "the objects cannot be read: The key does not exist (InvalidAccessKeyId)\n"
        "  hint: run it again to go on; if it fails again, check the network and the credentials"
    )


def test_a_bucket_that_is_not_there(session: Session) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        found(source(session, "no-such-bucket"))


def test_a_listing_that_breaks_off(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        raise OSError("connection reset")

    upload(session, "breaks", {"in/cat/1.jpg": b"1"})
    monkeypatch.setattr("obstore.list", broken)
    with pytest.raises(ProgramError) as caught:
        found(source(session, "breaks"))
    assert str(caught.value) == (
        "s3://breaks/in/ cannot be listed: connection reset\n"
        "  hint: run it again to go on; if it fails again, check the network and the permission s3:ListBucket"
    )


def test_secrets_are_not_shown(session: Session) -> None:
    access = S3Access.of(session, None, "any")
    assert access.keys == ("AKIDEXAMPLE", "s")
    assert "AKIDEXAMPLE" not in repr(access)


@pytest.mark.parametrize(
    ("key", "plain"),
    [("a/b.jpg", True), ("ü/😀", True), ("a//b", False), ("/a", False), ("a/../b", False), ("a\x7fb", False)],
)
def test_which_keys_obstore_takes(key: str, plain: bool) -> None:
    assert is_plain(key) == plain
