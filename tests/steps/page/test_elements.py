import pytest

from steps.page.elements import amount, card, document, picture
from tests.steps.page.pages import Page

HOSTILE = '<script>alert("1")</script>'


def test_document_runs_and_loads_nothing() -> None:
    text = document("a & b", ".own { color: red; }", ["<p>text</p>", "", "<p>more</p>"])
    assert text.startswith("<!doctype html>\n")
    assert "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"" in text
    assert "<title>a &amp; b</title>" in text
    assert ".own { color: red; }</style>" in text
    assert text.endswith("<p>text</p>\n<p>more</p>\n</main></body></html>\n")
    assert Page(text).tags == [
        "html",
        "head",
        "meta",
        "meta",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "p",
        "p",
    ]


def test_names_of_others_are_only_text() -> None:
    page = Page(document(HOSTILE, "", [card("name", HOSTILE, HOSTILE), picture(None, HOSTILE, HOSTILE)]))
    assert "script" not in page.tags
    assert page.text.count(HOSTILE) == 4


def test_picture() -> None:
    assert picture("data:image/jpeg;base64,AAAA", 'a" onload="x', "no") == (
        '<div class="picture"><img src="data:image/jpeg;base64,AAAA" alt="a&quot; onload=&quot;x"></div>'
    )


@pytest.mark.parametrize(
    ("number", "unit", "expected"),
    [(0, "image", "0 images"), (1, "class", "1 class"), (1200, "class", "1,200 classes")],
)
def test_amount(number: int, unit: str, expected: str) -> None:
    assert amount(number, unit) == expected
