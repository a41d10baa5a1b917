from html.parser import HTMLParser

import numpy as np
import pytest

from steps.evaluate.charts import MATRIX_CLASSES
from steps.evaluate.metrics import evaluate_scores
from steps.evaluate.mistakes import Mistake
from steps.evaluate.page import render_page

VOID = {"meta", "br", "img"}
HOSTILE = "<script>alert(1)</script>"


class Reader(HTMLParser):
    """Collects text and addresses, and checks that every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str | None] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data + " "


def page_of(
    names: tuple[str, ...] = ("cat", "dog"),
    mistakes: int = 0,
    thumbnail: str | None = None,
    path: str = "cat/1.jpg",
) -> Reader:
    labels = np.arange(len(names))
    probabilities = np.eye(len(names)) * 0.5 + 0.5 / len(names)
    if mistakes:
        probabilities[0] = np.roll(probabilities[0], 1)
    shown = [Mistake(path, names[0], names[1], 0.75, 0.25)] * mistakes
    return Reader(render_page(evaluate_scores(names, labels, probabilities), shown, [thumbnail] * mistakes))


def test_sections() -> None:
    page = page_of()
    for text in ("Accuracy", "100.0%", "Macro F1", "Classes", "Confusion matrix", "Calibration", "Mistakes"):
        assert text in page.text
    assert "2 validation images of 2 classes" in page.text
    assert "Every image was recognised." in page.text
    assert "Top-5" not in page.text


def test_top_five_with_many_classes() -> None:
    assert "Top-5 accuracy" in page_of(tuple("abcdef")).text


@pytest.mark.parametrize(("classes", "drawn"), [(MATRIX_CLASSES, True), (MATRIX_CLASSES + 1, False)])
def test_matrix_only_where_it_can_be_read(classes: int, drawn: bool) -> None:
    page = page_of(tuple(f"c{i}" for i in range(classes)))
    assert ("Confusion matrix" in page.text) is drawn
    assert "Most frequent confusions" in page.text


def test_mistakes() -> None:
    page = page_of(mistakes=1, thumbnail="data:image/jpeg;base64,AAAA")
    assert "The most confident 1 of 1." in page.text
    assert page.addresses == ["data:image/jpeg;base64,AAAA"]


def test_mistake_without_a_thumbnail() -> None:
    page = page_of(mistakes=1)
    assert "not readable" in page.text
    assert "img" not in page.tags


def test_page_is_self_contained_and_runs_nothing() -> None:
    page = page_of(mistakes=1, thumbnail="data:image/jpeg;base64,AAAA")
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert all(address and address.startswith("data:") for address in page.addresses)


def test_names_of_others_are_only_text() -> None:
    page = page_of((HOSTILE, 'a" onload="x'), mistakes=1, path=f"{HOSTILE}/1.jpg")
    assert "script" not in page.tags
    assert page.text.count(HOSTILE) >= 4
