from __future__ import annotations

import sys
import unicodedata
import warnings

import pytest

from pipeline.aws_model import patterns
from pipeline.aws_model.patterns import forbids, matches
from pipeline.aws_model.service_model import service

NAME = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
TAG = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"


def patterns_of(name: str) -> set[str]:
    model = service(name)
    found = (model.shape_for(shape).metadata.get("pattern") for shape in model.shape_names)
    return {pattern for pattern in found if pattern}


def test_every_pattern_of_sagemaker_can_be_read() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        unread = {
            pattern
            for pattern in patterns_of("sagemaker")
            if matches(pattern, "a") is None or matches(pattern, "ä") is None
        }
    assert unread == set()
    assert len(patterns_of("sagemaker")) > 200


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        pytest.param(NAME, "a-b", True, id="name"),
        pytest.param(NAME, "a_b", False, id="the whole text must match"),
        pytest.param("^" + NAME, "a_b", False, id="anchored at the start"),
        pytest.param("a|b", "ab", False, id="alternatives"),
        pytest.param("(^p[1-9]\\d?$)", "p10", True, id="anchors inside"),
        pytest.param(NAME, "a\n", False, id="end of line after the text"),
        pytest.param(".*", "one\ntwo", False, id="a dot is not the end of a line"),
        pytest.param(".*", "one\rtwo", False, id="nor a carriage return"),
        pytest.param(".*", "one\u2028two", False, id="nor a line separator"),
        pytest.param("[.]", "\n", False, id="a dot in a class"),
        pytest.param("[.]", ".", True, id="which is a dot"),
        pytest.param(r"a\.b", "a.b", True, id="escaped dot"),
        pytest.param(r"[\S\s]*", "one\ntwo", True, id="anything"),
        pytest.param(r"\d+", "٣", False, id="digits are ASCII"),
        pytest.param(r"\w+", "ä", False, id="words are ASCII"),
        pytest.param(TAG, "Größe 1", True, id="letters of all alphabets"),
        pytest.param(TAG, "Größe 1 €", False, id="but no currencies"),
        pytest.param(TAG, "price $", False, id="no ASCII ones either"),
        pytest.param(TAG, "a\u00a0b", True, id="all sorts of spaces"),
        pytest.param(r"\p{L}+", "ab", True, id="category outside of a class"),
        pytest.param(r"\p{L}+", "a1", False, id="which takes no other"),
        pytest.param(r"[\p{Alnum}\-]+", "a-1", True, id="POSIX"),
        pytest.param(r"[\p{Alnum}\-]+", "ä", False, id="POSIX is ASCII"),
        pytest.param(r"([\p{L}]*)${1,128}", "ab", True, id="repeated end"),
        pytest.param(r"([\p{L}]*)${1,128}", "a1", False, id="repeated end does not match more"),
        pytest.param(r"[\u0020-\uD7FF\uD800\uDC00-\uDBFF\uDFFF\t]*", "a😀", True, id="surrogates"),
        pytest.param(r"[\p{Greek}]", "a", None, id="category that nobody uses"),
        pytest.param("(", "a", None, id="unreadable"),
    ],
)
def test_matching(pattern: str, text: str, expected: bool | None) -> None:
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        pytest.param(NAME, "a-b", False, id="characters that it takes"),
        pytest.param(NAME, "-", False, id="which could not stand alone"),
        pytest.param(NAME, "", False, id="nothing"),
        pytest.param(NAME, "a_b", True, id="character that it never takes"),
        pytest.param("(https|s3)://([^/]+)/?(.*)", "\n", False, id="negated class"),
        pytest.param("(?!a).+", "\n", False, id="looking ahead"),
        pytest.param(".+", "\n", False, id="dot"),
        pytest.param(r"\S+", " ", False, id="all but spaces"),
        pytest.param(r"[0-9]\.[A-Za-z]", "1.a", False, id="literals"),
        pytest.param("a-z", "b", True, id="a hyphen outside of a class is no range"),
        pytest.param("(?:ab)+", "c", True, id="group"),
        pytest.param(TAG, "ü", False, id="category"),
        pytest.param(TAG, "$", True, id="none of the categories"),
        pytest.param(r"\p{L}\d", "a1", False, id="category outside of a class"),
        pytest.param("(", "a", False, id="unreadable"),
        pytest.param("", "a", False, id="empty"),
    ],
)
def test_what_a_pattern_never_takes(pattern: str, text: str, expected: bool) -> None:
    assert forbids(pattern, text) is expected


@pytest.mark.parametrize("category", list(patterns._ASCII))
def test_the_categories_of_ascii_are_those_of_unicode(category: str) -> None:
    pattern = rf"[\p{{{category}}}\t]"
    for character in map(chr, range(1, 128)):
        expected = unicodedata.category(character).startswith(category) or character == "\t"
        assert matches(pattern, character) is expected, character


@pytest.mark.parametrize(
    "character", ["ä", "Ж", "٣", "…", "€", "\u3000", "\u0301", "😀", chr(sys.maxunicode)]
)
def test_the_categories_beyond_ascii(character: str) -> None:
    for category in patterns._ASCII:
        expected = unicodedata.category(character).startswith(category)
        assert matches(rf"[\p{{{category}}}]", character) is expected, category
