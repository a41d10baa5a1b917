import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.deploy.negotiation import FORMS, choose_form, is_taken


@pytest.mark.parametrize(
    ("content_type", "taken"),
    [
        ("image/jpeg", True),
        ("image/png", True),
        ("application/x-image", True),
        ("Image/JPEG; name=a.jpg", True),
        ("image/gif", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_content_types(content_type: str, taken: bool) -> None:
    assert is_taken(content_type) is taken


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        pytest.param("", "application/json", id="no header"),
        pytest.param("*/*", "application/json", id="anything"),
        pytest.param("application/*", "application/json", id="any application"),
        pytest.param("application/json", "application/json", id="json"),
        pytest.param("Application/JSONLines", "application/jsonlines", id="json lines"),
        pytest.param(
            "application/jsonlines, application/json", "application/jsonlines", id="first of equals"
        ),
        pytest.param("application/json;q=0.5, application/jsonlines", "application/jsonlines", id="weights"),
        pytest.param("text/csv, */*;q=0.1", "application/json", id="fallback"),
        pytest.param("text/csv", None, id="not ours"),
        pytest.param("application/json;q=0", None, id="excluded"),
        pytest.param("application/json;q=x", None, id="weight that is none"),
    ],
)
def test_accept(accept: str, media_type: str | None) -> None:
    form = choose_form(accept)
    assert (form.media_type if form else None) == media_type


@given(st.text())
def test_any_header_has_an_answer(accept: str) -> None:
    assert choose_form(accept) in (None, *FORMS.values())


def test_forms() -> None:
    assert json.loads(FORMS["application/json"].render([0.25, 0.75])) == [0.25, 0.75]
    assert FORMS["application/jsonlines"].render([0.25, 0.75]) == b'{"prediction": [0.25, 0.75]}'
