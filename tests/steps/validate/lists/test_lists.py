import json
from pathlib import Path

import pytest

from steps.container import ProgramError
from steps.validate.lists.lists import write_lst, write_manifest


def test_lst(tmp_path: Path) -> None:
    file = tmp_path / "train_lst" / "train.lst"
    images = [(0, "cat/1.jpg"), (0, "cat/tabby/2.jpg"), (1, "dog/été 1.png")]
    assert write_lst(file, iter(images)) == 3
    assert file.read_bytes() == (
        b"0\t0\tcat/1.jpg\n1\t0\tcat/tabby/2.jpg\n2\t1\tdog/\xc3\xa9t\xc3\xa9 1.png\n"
    )


def test_lst_of_nothing(tmp_path: Path) -> None:
    assert write_lst(tmp_path / "a" / "b.lst", []) == 0
    assert (tmp_path / "a" / "b.lst").read_bytes() == b""


def test_lst_gives_names_their_own_bytes_back(tmp_path: Path) -> None:
    write_lst(tmp_path / "a" / "b.lst", [(0, "cat/\udcff.jpg")])
    assert (tmp_path / "a" / "b.lst").read_bytes() == b"0\t0\tcat/\xff.jpg\n"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("cat/a\tb.jpg", r"cat/a\\tb\.jpg"),
        ("cat/a\nb.jpg", r"cat/a\\nb\.jpg"),
        ("cat/a\rb", r"cat/a\\rb"),
    ],
)
def test_lst_that_would_be_read_wrongly_is_not_written(tmp_path: Path, path: str, told: str) -> None:
    match = f"^'{told}' cannot be listed: a .lst file has one line an image, and a tab before its path\n"
    with pytest.raises(ProgramError, match=match):
        write_lst(tmp_path / "a" / "b.lst", [(0, "cat/1.jpg"), (0, path)])
    assert list(tmp_path.rglob("*")) == [tmp_path / "a"]


def test_manifest(tmp_path: Path) -> None:
    file = tmp_path / "validation_manifest" / "validation.manifest"
    write_manifest(file, "s3://b/validation", iter(["cat/1.jpg", 'dog/é"\n.jpg']))
    assert file.read_text() == ('[\n{"prefix": "s3://b/validation/"},\n"cat/1.jpg",\n"dog/é\\"\\n.jpg"\n]\n')
    assert json.loads(file.read_bytes()) == [
        {"prefix": "s3://b/validation/"},
        "cat/1.jpg",
        'dog/é"\n.jpg',
    ]


def test_manifest_of_nothing_with_a_slash_already_there(tmp_path: Path) -> None:
    write_manifest(tmp_path / "a" / "m", "s3://b/validation/", [])
    assert json.loads((tmp_path / "a" / "m").read_bytes()) == [{"prefix": "s3://b/validation/"}]


def test_manifest_with_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    write_manifest(tmp_path / "a" / "m", "s3://b", ["cat/\udcff"])
    assert json.loads((tmp_path / "a" / "m").read_bytes())[1] == "cat/\udcff"
