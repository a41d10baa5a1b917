import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.deploy.wishes import WishError, Wishes, parse


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param("", Wishes(), id="no header"),
        pytest.param("top_k=3", Wishes(3), id="top_k"),
        pytest.param("labels=true", Wishes(labels=True), id="labels"),
        pytest.param("top_k=3, labels=true", Wishes(3, True), id="commas"),
        pytest.param("Top_K = 3 ; LABELS=True", Wishes(3, True), id="semicolon, blanks and case"),
        pytest.param("labels=0", Wishes(), id="labels not wanted"),
        pytest.param("c000b4f9-df62-4c85-a0bf-7c525f9104a4", Wishes(), id="an id to trace by"),
        pytest.param("trace=7,top_k=1", Wishes(1), id="beside others"),
        pytest.param("top_k=1,top_k=2", Wishes(2), id="last one counts"),
    ],
)
def test_parse(attributes: str, expected: Wishes) -> None:
    assert parse(attributes) == expected


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("top_k=0", "top_k is '0', but has to be a whole number from 1 on"),
        ("top_k", "top_k is '', but has to be a whole number from 1 on"),
        ("top_k=-1", "top_k is '-1', but has to be a whole number from 1 on"),
        ("top_k=٣", "top_k is '٣', but has to be a whole number from 1 on"),
        ("top_k=" + "9" * 1000, f"top_k is '{'9' * 40}', but has to be a whole number from 1 on"),
        ("labels=yes", "labels is 'yes', but has to be true or false"),
    ],
)
def test_refusal(attributes: str, message: str) -> None:
    with pytest.raises(WishError, match=f"^{re.escape(message)}$"):
        parse(attributes)


@given(st.text(alphabet="top_k=labels;, 0123true"))
def test_any_header_is_understood_or_refused(attributes: str) -> None:
    try:
        wishes = parse(attributes)
    except WishError:
        return
    assert wishes.top_k is None or wishes.top_k >= 1
