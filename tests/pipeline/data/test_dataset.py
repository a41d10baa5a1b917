from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.data.dataset import DataSet, configured, find_folder, find_prefix, find_undivided
from pipeline.errors import RunError, UsageError
from pipeline.session import Session
from tests.pipeline.data.pictures import upload
from tests.pipeline.stubs import client_error


def folders(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir(parents=True)
    return root


@pytest.mark.parametrize(
    ("names", "inside", "beside"),
    [
        pytest.param(
            ["train", "validation"], {"train": "train", "validation": "validation"}, (), id="both splits"
        ),
        pytest.param(
            ["held-out", "train", "validation"],
            {"train": "train", "validation": "validation"},
            ("held-out",),
            id="another folder beside them",
        ),
        pytest.param(["train"], {"train": "train"}, (), id="train only"),
        pytest.param(["cat", "dog"], {"train": ""}, (), id="classes"),
        pytest.param(["train", "bus"], {"train": ""}, (), id="a class called train"),
        pytest.param([".git", "cat"], {"train": ""}, (), id="a hidden folder"),
    ],
)
def test_what_a_folder_or_a_prefix_holds(
    names: list[str],
    inside: dict[str, str],
    beside: tuple[str, ...],
    tmp_path: Path,
    session: Session,
    request: pytest.FixtureRequest,
) -> None:
    data = find_folder(folders(tmp_path, *names))
    assert (data.inside, data.beside) == (inside, beside)
    assert data.uris["train"] == str(tmp_path / inside["train"])
    bucket = "layout-" + "-".join(name.strip(".") for name in names)
    upload(session, bucket, {f"set/{name}/1.jpg": b"" for name in names})
    data = find_prefix(session, f"s3://{bucket}/set/", None)
    assert (data.inside, data.beside) == (inside, beside)
    assert data.uris["train"] == "/".join(filter(None, (f"s3://{bucket}/set", inside["train"])))
    assert data.is_divided == ("validation" in inside)
    assert (data.uris["train"] == data.uris["validation"]) == (not data.is_divided)


def test_a_split_by_another_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_folder(folders(tmp_path, "train", "val"))
    assert str(caught.value) == (
        f"error R212 no-validation-folder: {tmp_path} has train/ but no validation/\n"
        "  reason: val/ may be what is to validate, but could be a class as well\n"
        f"  hint:   rename val/ to validation/, or check {tmp_path}/train alone to keep a share of it"
    )


@pytest.mark.parametrize("name", ["nothing", "s3:/typo"])
def test_no_folder(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_folder(Path(name))
    assert str(caught.value) == (
        f"error R211 no-data-set: {name} is neither a folder nor a prefix of S3\n"
        "  hint: name a folder, or a prefix such as s3://bucket/images"
    )


def test_a_file_is_no_data_set(tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").touch()
    with pytest.raises(UsageError) as caught:
        find_folder(tmp_path / "cat.jpg")
    assert str(caught.value) == (
        f"error R211 no-data-set: {tmp_path}/cat.jpg is a file, not a folder\n"
        "  hint: name the folder that holds the images: one folder a class"
    )


def test_a_bucket_that_is_not_there(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise client_error("404", "Not Found", "HeadBucket")

    # AWS is asked for the region of the bucket first.
    monkeypatch.setattr("pipeline.data.dataset.S3Access.of", missing)
    ways: list[Callable[[], DataSet]] = [
        lambda: find_prefix(session, "s3://not-there/x", None),
        lambda: configured(session, {"train": "s3://not-there/x"}, None),
    ]
    for find in ways:
        with pytest.raises(RunError) as caught:
            find()
        assert str(caught.value) == (
            "error R201 no-data: there is no bucket not-there\n"
            "  hint: upload a folder by `imgpipe data push DIR`, or correct the bucket's name"
        )


def test_an_empty_prefix_and_no_bucket(session: Session) -> None:
    upload(session, "empty-prefix", {})
    with pytest.raises(RunError) as caught:
        find_prefix(session, "s3://empty-prefix/set", None)
    assert str(caught.value) == (
        "error R201 no-data: no objects under s3://empty-prefix/set\n"
        "  hint: upload a folder by `imgpipe data push DIR`, or correct the prefix"
    )
    with pytest.raises(UsageError, match="R211"):
        find_prefix(session, "s3://", None)


def test_splits_among_very_many_folders(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(session, "many", {f"{name}/1.jpg": b"" for name in ("a", "b", "c", "train", "validation")})
    client = session.client("s3")
    ask = client.list_objects_v2
    monkeypatch.setattr(client, "list_objects_v2", lambda **given: ask(**{"MaxKeys": 2, **given}))
    assert find_prefix(session, "s3://many", None).is_divided


def test_a_config_with_one_prefix_and_with_two(session: Session) -> None:
    upload(session, "configured", {})
    two = {"train": "s3://configured/a", "validation": "s3://configured/b/"}
    data = configured(session, two, None)
    assert (data.name, data.uris, data.root) == ("s3://configured/a and s3://configured/b/", two, None)
    data = configured(session, {"train": "s3://configured/a"}, None)
    assert data.uris == {"train": "s3://configured/a", "validation": "s3://configured/a"}
    assert not data.is_divided


def test_what_is_known_is_kept_by_place(tmp_path: Path) -> None:
    one, other = (find_folder(folders(tmp_path / name, "cat")) for name in ("one", "other"))
    assert one.key == find_folder(tmp_path / "other" / ".." / "one").key
    assert one.key != other.key


def test_a_folder_whose_name_is_not_utf8(tmp_path: Path) -> None:
    data = find_folder(folders(tmp_path / "b\udcff", "cat"))
    assert data.uris["train"] == f"{tmp_path}/b\\udcff"
    assert [entry.path for entry in data.sources["train"].entries()] == ["cat"]
    assert data.key


def test_only_a_folder_without_validation_images_is_divided(tmp_path: Path) -> None:
    assert find_undivided(folders(tmp_path / "one", "train"))[1] == tmp_path / "one" / "train"
    with pytest.raises(UsageError) as caught:
        find_undivided(folders(tmp_path / "two", "train", "validation"))
    assert str(caught.value) == (
        f"error R222 already-divided: {tmp_path / 'two'} has training and validation images already\n"
        "  hint: name a folder that holds one folder a class"
    )
