from typing import Any

import pytest

from steps.deploy.answers import FORMS, Predictions, rank
from steps.deploy.wishes import Wishes

ROW = [0.25, 0.5, 0.25]
LABELS = ("cat", 'a "dog", large', "füchse")


def entry(index: int, *, named: bool) -> dict[str, Any]:
    label = {"label": LABELS[index]} if named else {}
    return {"class": index, **label, "probability": ROW[index]}


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        pytest.param(Wishes(), ROW, id="none"),
        pytest.param(Wishes(2), [entry(1, named=False), entry(0, named=False)], id="top 2, first of equals"),
        pytest.param(Wishes(1, True), [entry(1, named=True)], id="top 1 with its name"),
        pytest.param(Wishes(9), [entry(index, named=False) for index in (1, 0, 2)], id="more than there are"),
        pytest.param(Wishes(None, True), [entry(index, named=True) for index in (0, 1, 2)], id="names"),
    ],
)
def test_rank(wishes: Wishes, expected: list[Any]) -> None:
    assert rank(ROW, LABELS, wishes) == expected


PLAIN = Predictions([ROW], is_batch=False)
BATCH = Predictions([ROW, [1.0, 0.0, 0.0]], is_batch=True)
RANKED = Predictions([rank(ROW, LABELS, Wishes(2, True))], is_batch=False)


@pytest.mark.parametrize(
    ("media_type", "predictions", "expected"),
    [
        pytest.param("application/json", PLAIN, "[0.25, 0.5, 0.25]", id="json"),
        pytest.param("application/json", BATCH, "[[0.25, 0.5, 0.25], [1.0, 0.0, 0.0]]", id="json batch"),
        pytest.param("application/json", Predictions([ROW], is_batch=True), "[[0.25, 0.5, 0.25]]", id="of 1"),
        pytest.param(
            "application/json",
            RANKED,
            (
                '[{"class": 1, "label": "a \\"dog\\", large", "probability": 0.5}, '
                '{"class": 0, "label": "cat", "probability": 0.25}]'
            ),
            id="json ranked",
        ),
        pytest.param("application/jsonlines", PLAIN, '{"prediction": [0.25, 0.5, 0.25]}', id="lines"),
        pytest.param(
            "application/jsonlines",
            BATCH,
            '{"prediction": [0.25, 0.5, 0.25]}\n{"prediction": [1.0, 0.0, 0.0]}',
            id="lines batch",
        ),
        pytest.param("text/csv", PLAIN, "0.25,0.5,0.25\n", id="csv"),
        pytest.param("text/csv", BATCH, "0.25,0.5,0.25\n1.0,0.0,0.0\n", id="csv batch"),
        pytest.param("text/csv", RANKED, '1,"a ""dog"", large",0.5,0,cat,0.25\n', id="csv ranked"),
    ],
)
def test_render(media_type: str, predictions: Predictions, expected: str) -> None:
    form = FORMS[media_type]
    assert (form.media_type, form.render(predictions).decode()) == (media_type, expected)
