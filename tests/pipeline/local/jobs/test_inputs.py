from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.local.jobs.inputs import BadManifest, parse_manifest
from pipeline.local.objects import BadUri, ObjectsError, S3Object

URI = "s3://b/validation.manifest"


def test_a_manifest_lists_objects_after_a_prefix() -> None:
    content = b'[{"prefix": "s3://data/validation/"}, "cat/1.jpg", "dog/2.jpg"]'
    assert parse_manifest(URI, content) == [
        S3Object("data", "validation/cat/1.jpg", "cat/1.jpg"),
        S3Object("data", "validation/dog/2.jpg", "dog/2.jpg"),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"[", "it is not JSON (Expecting value: line 1 column 2 (char 1))", id="cut-off"),
        pytest.param(b"{}", "it is not a list", id="object"),
        pytest.param(b"[]", "it is not a list", id="empty"),
        pytest.param(b'["a"]', 'its first entry is not an object with a "prefix"', id="no-prefix"),
        pytest.param(b'[{"prefix": 1}]', 'its first entry is not an object with a "prefix"', id="number"),
        pytest.param(b'[{"prefix": "s3://b/"}]', "it lists no objects", id="no-objects"),
        pytest.param(
            b'[{"prefix": "s3://b/"}, "a", {"b": 1}]', 'its entry {"b": 1} is not a path', id="entry"
        ),
    ],
)
def test_another_object_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(BadManifest) as caught:
        parse_manifest(URI, content)
    assert caught.value.reason == f"s3://b/validation.manifest is not a manifest file: {why}"


def test_a_prefix_that_is_no_uri_is_refused() -> None:
    with pytest.raises(BadUri, match="'validation/cat' is not an S3 URI"):
        parse_manifest(URI, b'[{"prefix": "validation/"}, "cat"]')


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["prefix", "x"]), inner),
)


@settings(deadline=None)
@given(_JSON)
def test_any_json_is_read_or_refused(content: object) -> None:
    try:
        found = parse_manifest(URI, json.dumps(content).encode())
    except ObjectsError:
        return
    assert isinstance(content, list)
    assert [item.relative for item in found] == content[1:]


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(BadManifest):
        parse_manifest(URI, content)
