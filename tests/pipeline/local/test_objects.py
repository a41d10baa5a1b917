from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.backends import get_backend

from pipeline.local.objects import (
    BadUri,
    NoObjects,
    NoSuchBucket,
    NoSuchKey,
    Objects,
    S3Object,
    UnsafeName,
    local_path,
    parse_uri,
    relative_name,
)

# An account of this module: moto's state is shared by all the tests of a process.
ACCOUNT = "100000000001"
ROLE = "arn:aws:iam::123456789012:role/imgpipe-execution"


@pytest.fixture
def bucket() -> Iterator[str]:
    backend = get_backend("s3")[ACCOUNT]["aws"]
    backend.create_bucket("objects-test", "us-east-1")
    yield "objects-test"
    for key in list(backend.buckets["objects-test"].keys):
        backend.delete_object("objects-test", key)
    backend.delete_bucket("objects-test")


@pytest.fixture
def objects() -> Objects:
    return Objects(ACCOUNT, "us-east-1")


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        pytest.param("s3://b/train/", ("b", "train/"), id="prefix"),
        pytest.param("s3://b", ("b", ""), id="bucket"),
        pytest.param("s3://b/", ("b", ""), id="bucket-with-slash"),
        pytest.param("s3://b//x", ("b", "/x"), id="key-starts-with-a-slash"),
    ],
)
def test_a_uri_is_a_bucket_and_a_key(uri: str, parts: tuple[str, str]) -> None:
    assert parse_uri(uri) == parts


@pytest.mark.parametrize("uri", ["", "train", "s3:/b/x", "s3://", "s3:///x", "https://b/x"])
def test_other_texts_are_no_uri(uri: str) -> None:
    with pytest.raises(BadUri) as caught:
        parse_uri(uri)
    assert caught.value.reason == f"{uri!r} is not an S3 URI, such as s3://bucket/prefix"


@pytest.mark.parametrize(
    ("key", "prefix", "relative"),
    [
        pytest.param("train/cat/1.jpg", "train/", "cat/1.jpg", id="folder"),
        pytest.param("train/cat/1.jpg", "train", "cat/1.jpg", id="folder-without-slash"),
        pytest.param("train2/1.jpg", "train", "train2/1.jpg", id="start-of-a-folder-name"),
        pytest.param("data/train.csv", "data/tr", "train.csv", id="start-of-a-file-name"),
        pytest.param("data/train.csv", "data/train.csv", "train.csv", id="one-object"),
        pytest.param("train.csv", "train.csv", "train.csv", id="one-object-at-the-top"),
        pytest.param("a/b", "", "a/b", id="whole-bucket"),
    ],
)
def test_the_path_is_relative_to_the_folder_of_the_prefix(key: str, prefix: str, relative: str) -> None:
    assert relative_name(key, prefix) == relative


@pytest.mark.parametrize(
    ("relative", "why"),
    [
        ("../x", "its path '../x' leads out of the folder that it belongs in"),
        ("a/../../x", "its path 'a/../../x' leads out of the folder that it belongs in"),
        ("/etc/passwd", "its path '/etc/passwd' leads out of the folder that it belongs in"),
        ("a\0b", "its name holds a NUL character"),
        ("./.", "its name is empty"),
    ],
)
def test_a_hostile_key_is_refused(tmp_path: Path, relative: str, why: str) -> None:
    with pytest.raises(UnsafeName) as caught:
        local_path(tmp_path, S3Object("b", "train/" + relative, relative))
    assert caught.value.reason == f"{'s3://b/train/' + relative!r} cannot be copied: {why}"


@settings(deadline=None)
@given(st.text(alphabet="./a\\\0~", min_size=1))
def test_no_key_leads_out_of_the_folder(relative: str) -> None:
    folder = Path("/opt/folder")
    try:
        path = local_path(folder, S3Object("b", relative, relative))
    except UnsafeName:
        return
    assert path != folder
    assert path.is_relative_to(folder)
    assert ".." not in path.parts


def test_objects_are_written_listed_and_read(objects: Objects, bucket: str) -> None:
    objects.write(bucket, "b/2", b"two")
    objects.write(bucket, "b/1", b"one")
    objects.write(bucket, "c", b"")
    assert objects.list_keys(bucket) == ["b/1", "b/2", "c"]
    assert objects.list_keys(bucket, "b/") == ["b/1", "b/2"]
    assert objects.read(bucket, "b/1") == b"one"
    assert objects.size(bucket, "b/2") == 3
    assert objects.exists(bucket, "c")
    assert not objects.exists(bucket, "d")


def test_what_is_missing_is_named(objects: Objects, bucket: str) -> None:
    with pytest.raises(NoSuchKey) as key:
        objects.read(bucket, "train/x")
    assert key.value.reason == "NoSuchKey: The specified key does not exist: s3://objects-test/train/x"
    with pytest.raises(NoSuchBucket) as missing:
        objects.write("nowhere", "x", b"")
    assert missing.value.reason == "NoSuchBucket: The specified bucket does not exist: nowhere"


@pytest.mark.parametrize("uri", ["s3://objects-test/none/", "s3://nowhere/none/"])
def test_an_empty_prefix_is_said_as_aws_says_it(objects: Objects, bucket: str, uri: str) -> None:
    objects.write(bucket, "none/", b"")
    name = uri.split("/")[2]
    with pytest.raises(NoObjects) as caught:
        objects.find(uri, ROLE)
    assert caught.value.reason == (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
        f'exists in the selected region ("us-east-1"), that objects exist under that S3 prefix, and that the '
        f'role "{ROLE}" has "s3:ListBucket" permissions on bucket "{name}".'
    )


def test_a_large_file_keeps_its_bytes_and_its_etag(objects: Objects, bucket: str, tmp_path: Path) -> None:
    source = tmp_path / "model.bin"
    source.write_bytes(b"0123456789abcdef" * 400_000)
    objects.write(bucket, "model.bin", source)
    objects.download(bucket, "model.bin", tmp_path / "copy.bin")
    assert (tmp_path / "copy.bin").read_bytes() == source.read_bytes()
    stored = get_backend("s3")[ACCOUNT]["aws"].get_object(bucket, "model.bin")
    assert stored.etag == f'"{hashlib.md5(source.read_bytes()).hexdigest()}"'


def test_a_prefix_is_laid_out_below_a_folder(objects: Objects, bucket: str, tmp_path: Path) -> None:
    for key in ("train/", "train/cat/1.jpg", "train/dog//2.jpg", "train.lst"):
        objects.write(bucket, key, key.encode())
    objects.download_prefix(f"s3://{bucket}/train/", tmp_path / "folder")
    objects.download_prefix(f"s3://{bucket}/train.lst", tmp_path / "list")
    assert files(tmp_path / "folder") == {"cat/1.jpg": b"train/cat/1.jpg", "dog/2.jpg": b"train/dog//2.jpg"}
    assert files(tmp_path / "list") == {"train.lst": b"train.lst"}


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        pytest.param(
            ("x/a/b", "x/a//b"),
            "'s3://objects-test/x/a/b' cannot be copied: another object lies at 'a/b' or above it",
            id="same-file",
        ),
        pytest.param(
            ("x/a", "x/a/b"),
            "'s3://objects-test/x/a/b' cannot be copied: another object lies at 'a/b' or above it",
            id="file-and-folder",
        ),
        pytest.param(
            ("x/" + "n" * 300,),
            f"'s3://objects-test/x/{'n' * 300}' cannot be copied: '{'n' * 300}' cannot be written: "
            "File name too long",
            id="name-too-long",
        ),
        pytest.param(
            ("x/../../etc/passwd",),
            "'s3://objects-test/x/../../etc/passwd' cannot be copied: "
            "its path '../../etc/passwd' leads out of the folder that it belongs in",
            id="traversal",
        ),
    ],
)
def test_keys_that_cannot_be_files_are_refused(
    objects: Objects, bucket: str, tmp_path: Path, keys: tuple[str, ...], reason: str
) -> None:
    for key in keys:
        objects.write(bucket, key, b"")
    with pytest.raises(UnsafeName) as caught:
        objects.download_prefix(f"s3://{bucket}/x/", tmp_path)
    assert caught.value.reason == reason


def test_a_folder_is_uploaded_with_its_files_only(objects: Objects, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "out" / "sub").mkdir(parents=True)
    (tmp_path / "out" / "empty").mkdir()
    (tmp_path / "out" / "sub" / "b").write_bytes(b"b")
    (tmp_path / "out" / "a").write_bytes(b"a")
    (tmp_path / "out" / "link").symlink_to("a")
    (tmp_path / "out" / "dangling").symlink_to("nothing")
    (tmp_path / "out" / "loop").symlink_to(tmp_path / "out", target_is_directory=True)
    assert objects.upload_folder(tmp_path / "out", f"s3://{bucket}/p") == ["p/a", "p/link", "p/sub/b"]
    assert objects.read(bucket, "p/link") == b"a"
    assert objects.upload_folder(tmp_path / "out" / "sub", f"s3://{bucket}") == ["b"]


def test_a_file_whose_name_is_no_text_is_refused(objects: Objects, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "caf\udce9").write_bytes(b"")
    with pytest.raises(UnsafeName, match="its name is not UTF-8"):
        objects.upload_folder(tmp_path, f"s3://{bucket}/p")


def test_an_object_overwritten_while_it_is_read_is_read_again(
    objects: Objects, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects.write(bucket, "k", b"old")
    stale = get_backend("s3")[ACCOUNT]["aws"].get_object(bucket, "k")
    objects.write(bucket, "k", b"new")
    answers: list[Any] = [stale, stale]
    found = objects._find
    monkeypatch.setattr(objects, "_find", lambda *args: answers.pop() if answers else found(*args))
    objects.download(bucket, "k", tmp_path / "k")
    assert (tmp_path / "k").read_bytes() == b"new"
