import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.deploy.answers import FORMS
from steps.deploy.negotiation import choose_form, is_batch, is_image, is_image_part


@pytest.mark.parametrize(
    ("content_type", "image", "batch", "part"),
    [
        ("image/jpeg", True, False, True),
        ("image/png", True, False, True),
        ("application/x-image", True, False, True),
        ("Image/JPEG; name=a.jpg", True, False, True),
        ("multipart/form-data; boundary=x", False, True, False),
        ("multipart/mixed; boundary=x", False, True, False),
        ("multipart/related", False, False, False),
        ("application/octet-stream", False, False, True),
        ("", False, False, True),
        ("image/gif", False, False, False),
        ("application/json", False, False, False),
    ],
)
def test_content_types(content_type: str, image: bool, batch: bool, part: bool) -> None:
    assert (is_image(content_type), is_batch(content_type), is_image_part(content_type)) == (
        image,
        batch,
        part,
    )


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
        pytest.param("text/csv", "text/csv", id="csv"),
        pytest.param("text/*", "text/csv", id="any text"),
        pytest.param("text/html, */*;q=0.1", "application/json", id="fallback"),
        pytest.param("text/html", None, id="not ours"),
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
