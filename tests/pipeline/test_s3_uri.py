import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.s3_uri import split_uri


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("s3://b/a/c.jpg", ("b", "a/c.jpg")),
        ("s3://b", ("b", "")),
        ("s3://b/", ("b", "")),
        ("s3://b/cat#1/what?.jpg", ("b", "cat#1/what?.jpg")),
        ("s3://b//a;b=c", ("b", "/a;b=c")),
        ("s3://b/a%20b://c", ("b", "a%20b://c")),
    ],
)
def test_split_uri(uri: str, parts: tuple[str, str]) -> None:
    assert split_uri(uri) == parts


@given(st.from_regex(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", fullmatch=True), st.text())
def test_split_uri_gives_back_what_a_uri_is_made_of(bucket: str, key: str) -> None:
    assert split_uri(f"s3://{bucket}/{key}") == (bucket, key)
