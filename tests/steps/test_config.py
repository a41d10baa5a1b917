from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from steps.config import InstanceTypes, ProcessingTime, ResourceName, S3Prefix, TrainingTime, seconds


def refused(kind: Any, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return caught.value.errors()[0]["type"]


@pytest.mark.parametrize(
    ("duration", "count"), [("30s", 30), ("90m", 5400), ("1h", 3600), ("28d", 2_419_200)]
)
def test_durations_are_whole_seconds(duration: str, count: int) -> None:
    assert TypeAdapter(TrainingTime).validate_python(duration) == duration
    assert seconds(duration) == count


@pytest.mark.parametrize("value", ["0s", "1", "h", "1.5h", "1h30m", "-1h", "1 h", "", "1w"])
def test_other_texts_are_no_durations(value: str) -> None:
    assert refused(TrainingTime, value) == "text_form"


@pytest.mark.parametrize(
    ("kind", "longest", "longer"),
    [(TrainingTime, "28d", "673h"), (ProcessingTime, "777600s", "777601s")],
    ids=["training", "processing"],
)
def test_durations_end_where_the_service_ends_them(kind: Any, longest: str, longer: str) -> None:
    assert TypeAdapter(kind).validate_python(longest) == longest
    assert refused(kind, longer) == "duration_length"


def test_one_text_is_a_list_of_one() -> None:
    types: TypeAdapter[tuple[str, ...]] = TypeAdapter(InstanceTypes)
    assert types.validate_python("ml.m5.large") == ("ml.m5.large",)
    assert types.validate_python(["ml.m5.large", "ml.p3dn.24xlarge"]) == ("ml.m5.large", "ml.p3dn.24xlarge")


@pytest.mark.parametrize(
    ("value", "error"),
    [
        pytest.param([], "too_short", id="empty"),
        pytest.param([f"ml.m5.x{n}" for n in range(11)], "too_long", id="long"),
        pytest.param(["ml.m5.large", "ml.m5.large"], "repeated", id="repeated"),
        pytest.param([{}, {}], "repeated", id="repeated mappings"),
        pytest.param(["large"], "text_form", id="form of an item"),
        pytest.param([None], "string_type", id="empty item"),
        pytest.param({"a": 1}, "tuple_type", id="mapping"),
        pytest.param(5, "tuple_type", id="number"),
    ],
)
def test_other_values_are_no_instance_types(value: object, error: str) -> None:
    assert refused(InstanceTypes, value) == error


@pytest.mark.parametrize("uri", ["s3://my-bucket/a", "s3://my.bucket.1/a b/c/", "s3://abc/ü"])
def test_prefixes(uri: str) -> None:
    assert TypeAdapter(S3Prefix).validate_python(uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "s3://my-bucket",
        "s3://my-bucket/",
        "s3://My/a",
        "s3:/b/a",
        "http://b/a",
        "s3://b-b//a",
        "s3://b-b/a\n",
        "",
    ],
)
def test_other_texts_are_no_prefixes(uri: str) -> None:
    assert refused(S3Prefix, uri) == "text_form"


@pytest.mark.parametrize("character", list('#?%\\^`"<>[]|'))
def test_characters_that_break_urls_are_refused_in_prefixes(character: str) -> None:
    assert refused(S3Prefix, f"s3://my-bucket/a{character}b") == "refused_character"


@pytest.mark.parametrize("prefix", ["a&b", "a+b=c", "a@b:c;d,e", "(a)!'*_-.", "a~{b}", "$a/日本"])
def test_other_characters_are_harmless_in_prefixes(prefix: str) -> None:
    assert TypeAdapter(S3Prefix).validate_python(f"s3://my-bucket/{prefix}") == f"s3://my-bucket/{prefix}"


@pytest.mark.parametrize("name", ["a", "A-1", "a--b", "0" * 63])
def test_names(name: str) -> None:
    assert TypeAdapter(ResourceName).validate_python(name) == name


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "text_form"),
        ("-a", "text_form"),
        ("a-", "text_form"),
        ("a_b", "text_form"),
        ("a" * 64, "text_length"),
    ],
)
def test_other_texts_are_no_names(name: str, error: str) -> None:
    assert refused(ResourceName, name) == error


def test_a_long_text_is_refused_quickly() -> None:
    assert refused(ResourceName, "a-" * 50_000) == "text_length"
