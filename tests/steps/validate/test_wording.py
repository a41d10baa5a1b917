import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.validate.wording import counted, grouped, plural, shortened, visible


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (10240, "10 240"), (1234567, "1 234 567")]
)
def test_grouped(number: int, text: str) -> None:
    assert grouped(number) == text


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (1, "class", "1 class"),
        (2, "class", "2 classes"),
        (0, "file", "0 files"),
        (1, "prefix", "1 prefix"),
        (2, "prefix", "2 prefixes"),
        (1024, "image", "1 024 images"),
    ],
)
def test_counted(number: int, unit: str, text: str) -> None:
    assert counted(number, unit) == text
    assert text.endswith(plural(number, unit))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("cat/été 猫 👩‍🚀.jpg", "cat/été 猫 👩‍🚀.jpg", id="any script"),
        pytest.param("a\tb\nc\x07", "a\\tb\\nc\\x07", id="control characters"),
        pytest.param("a\udcff", "a\\udcff", id="not UTF-8"),
    ],
)
def test_visible(name: str, text: str) -> None:
    assert visible(name) == text


@given(st.text(max_size=50), st.integers(min_value=3, max_value=40))
def test_shortened_keeps_both_ends(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert len(short) <= max(limit, len(text) if len(text) <= limit else limit)
    assert short == text or (len(short) == limit and short[0] == text[0] and short[-1] == text[-1])
