from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.train.kinds import Fraction, Kind, Numbers, OneOf, Whole

LAYERS = OneOf((18, 34, 50))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Whole(), "1", 1),
        (Whole(), "007", 7),
        (Whole(2), "2", 2),
        (Fraction(), "0", 0.0),
        (Fraction(), "1.0", 1.0),
        (Fraction(), ".5", 0.5),
        (Fraction(), "1e-05", 1e-5),
        (Fraction(), "1E-5", 1e-5),
        (LAYERS, "34", 34),
        (OneOf((True, False)), "False", False),
        (OneOf(("sgd", "adam")), "adam", "adam"),
        (Numbers("sides", "1,2", 2), "3, 4", (3, 4)),
        (Numbers("epochs", "1,2"), "5", (5,)),
    ],
)
def test_texts_stand_for_values(kind: Kind, text: str, value: object) -> None:
    assert kind.read(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *((Whole(), text) for text in ("", "0", "-1", "+1", "1.0", "1_000", " 1", "\uff11", "9" * 5000)),
        (Whole(2), "1"),
        *(
            (Fraction(), text)
            for text in ("", ".", "1.01", "-0.1", "nan", "inf", "0,5", "1e", "1e400", "0x1")
        ),
        *((LAYERS, text) for text in ("", "18.0", "051", "51")),
        *((OneOf((True, False)), text) for text in ("true", "1", "")),
        *((Numbers("sides", "1,2", 2), text) for text in ("", "1", "1,2,3", "1,", "1;2", "0,1")),
    ],
)
def test_other_texts_do_not(kind: Kind, text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        kind.read(text)


@given(st.sampled_from([Whole(), Fraction(), LAYERS, Numbers("epochs", "1,2")]), st.text())
def test_no_text_does_anything_else(kind: Kind, text: str) -> None:
    with suppress(ValueError):
        assert kind.read(text) is not None


def test_they_say_what_they_take() -> None:
    assert (LAYERS.words, LAYERS.hint) == ("18, 34 or 50", "write one of these")
    assert (Whole(2).words, Whole(2).hint) == ("a whole number from 2 up", "write 2 or more, in digits")
    assert (Fraction().words, Fraction().hint) == ("a number from 0 to 1", "write it like 0.1")
    assert (Numbers("sides", "1,2").words, Numbers("sides", "1,2").hint) == ("sides", "write it like 1,2")
