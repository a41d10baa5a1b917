import json

from steps.validate.lists import render_lst, render_manifest


def test_lst() -> None:
    paths = ["cat/1.jpg", "cat/tabby/2.jpg", "dog/été 1.png"]
    assert render_lst(paths, {"cat": 0, "dog": 1}) == (
        b"0\t0\tcat/1.jpg\n1\t0\tcat/tabby/2.jpg\n2\t1\tdog/\xc3\xa9t\xc3\xa9 1.png\n"
    )


def test_lst_of_nothing() -> None:
    assert render_lst([], {}) == b""


def test_manifest() -> None:
    content = json.loads(render_manifest("s3://b/validation", ["cat/1.jpg", "dog/2.jpg"]))
    assert content == [{"prefix": "s3://b/validation/"}, "cat/1.jpg", "dog/2.jpg"]


def test_manifest_with_a_slash_already_there() -> None:
    assert json.loads(render_manifest("s3://b/validation/", [])) == [{"prefix": "s3://b/validation/"}]
