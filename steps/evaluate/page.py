"""report.html: the evaluation for people, as one file without scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from steps.evaluate.charts import (
    MATRIX_CLASSES,
    MOST_CONFUSIONS,
    calibration_diagram,
    confusion_list,
    confusion_table,
)
from steps.evaluate.metrics import CALIBRATION_BINS, TOP_K, ClassFigures, Evaluation
from steps.evaluate.mistakes import Mistake
from steps.evaluate.stylesheet import STYLESHEET
from steps.page.elements import amount, card, cards, document, picture, section

# Below this a class's figure is coloured as a weak one.
_WEAK = 0.8


def render_page(evaluation: Evaluation, mistakes: Sequence[Mistake], thumbnails: Sequence[str | None]) -> str:
    """The whole page.

    Args:
        evaluation: The figures.
        mistakes: The most confident ones first.
        thumbnails: A data URI of each mistake, or None where there is none.
    """
    images = amount(evaluation.num_images, "validation image")
    classes = amount(len(evaluation.classes), "class")
    parts = [
        f'<header><h1>Evaluation</h1><p class="lead">{images} of {classes}</p></header>',
        cards(_figures(evaluation)),
        _classes(evaluation),
        f'<div class="pair">{_matrix(evaluation)}{_confusions(evaluation)}</div>',
        _calibration(evaluation),
        _mistakes(evaluation, mistakes, thumbnails),
        "<footer>The same figures for programs: evaluation.json, beside this page.</footer>",
    ]
    return document(f"Evaluation: {evaluation.accuracy:.1%} of {images}", STYLESHEET, parts)


def _figures(evaluation: Evaluation) -> Iterator[str]:
    low, high = evaluation.interval
    worst = min((one for one in evaluation.classes if one.support), key=lambda one: one.recall)
    top, error = evaluation.top_5_accuracy, evaluation.expected_calibration_error
    yield card(
        "Accuracy", f"{evaluation.accuracy:.1%}", f"95 % interval {low:.1%} to {high:.1%}", "figure first"
    )
    yield card("Macro F1", f"{evaluation.macro_f1:.3f}", "mean over the classes")
    yield card("Worst class recall", f"{evaluation.worst_class_recall:.1%}", worst.name)
    if top is not None:
        yield card(f"Top-{TOP_K} accuracy", f"{top:.1%}", f"true class among the first {TOP_K}")
    yield card("Calibration error", f"{error:.3f}", "mean distance of probability and accuracy")


def _classes(evaluation: Evaluation) -> str:
    weakest_first = sorted(evaluation.classes, key=lambda one: one.f1)
    heads = "".join(
        f'<th scope="col">{head}</th>' for head in ("class", "images", "precision", "recall", "F1")
    )
    return section(
        "Classes",
        "Weakest first. Precision: how many of the images taken for a class are of it. "
        "Recall: how many images of a class were recognised. F1: the harmonic mean of both.",
        f'<div class="scroll"><table class="wide"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(_class_row(one) for one in weakest_first)}</tbody></table></div>",
    )


def _class_row(one: ClassFigures) -> str:
    bars = "".join(_bar(value) for value in (one.precision, one.recall, one.f1))
    return f'<tr><th scope="row">{escape(one.name)}</th><td>{one.support:,}</td>{bars}</tr>'


def _bar(value: float) -> str:
    kind = "bar low" if value < _WEAK else "bar"
    return (
        f'<td class="measure"><div class="{kind}"><i style="--share:{value:.3f}"></i>'
        f"<span>{value:.3f}</span></div></td>"
    )


def _matrix(evaluation: Evaluation) -> str:
    if len(evaluation.classes) > MATRIX_CLASSES:
        return ""
    note = "A row is a true class; colour grows with the share of the row."
    return section("Confusion matrix", note, confusion_table(evaluation))


def _confusions(evaluation: Evaluation) -> str:
    note = f"The {MOST_CONFUSIONS} pairs at most that account for most mistakes."
    return section("Most frequent confusions", note, confusion_list(evaluation))


def _calibration(evaluation: Evaluation) -> str:
    key = (
        ("accuracy", "right, as promised"),
        ("gap", "promised, but wrong"),
        ("surplus", "right beyond the promise"),
    )
    items = "".join(f'<li><i class="{kind}"></i>{text}</li>' for kind, text in key)
    note = (
        "Of the images that the model is 80 % sure of, 80 % should be right: then a bar reaches the "
        f"dashed line. Below are the numbers of images in each of the {CALIBRATION_BINS} bins."
    )
    diagram = calibration_diagram(evaluation)
    body = (
        f'<div class="plot">{diagram}<div><p class="note">{note}</p><ul class="key">{items}</ul></div></div>'
    )
    return section("Calibration", "Can the model's probabilities be taken at their word?", body)


def _mistakes(evaluation: Evaluation, mistakes: Sequence[Mistake], thumbnails: Sequence[str | None]) -> str:
    total = evaluation.num_images - int(evaluation.confusion.diagonal().sum())
    figures = "".join(_mistake(*pair) for pair in zip(mistakes, thumbnails, strict=True))
    if not total:
        note, body = "Every image was recognised.", ""
    else:
        note = f"The most confident {len(mistakes)} of {total:,}. A wrong label shows up here first."
        body = f'<div class="gallery">{figures}</div>'
    return section("Mistakes", note, body)


def _mistake(mistake: Mistake, thumbnail: str | None) -> str:
    path = escape(mistake.path)
    return (
        f"<figure>{picture(thumbnail, mistake.path, 'not readable')}<figcaption>"
        f'<span class="predicted">{escape(mistake.predicted)}</span> {mistake.probability:.1%}<br>'
        f"truly {escape(mistake.true)} {mistake.true_probability:.1%}<br>"
        f'<span class="path">{path}</span></figcaption></figure>'
    )
