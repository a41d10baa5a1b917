"""The drawings of the report page: the confusion matrix and the calibration diagram, as HTML and SVG."""

from __future__ import annotations

from html import escape
from math import sqrt

import numpy as np

from steps.evaluate.metrics import Bin, Evaluation
from steps.page.drawing import label, line, upwards

MATRIX_CLASSES = 30
"""With more classes the cells are too small to read; the list of confusions stands for the matrix then."""

MOST_CONFUSIONS = 10

# From this intensity on, a cell's colour needs the other text colour.
_STRONG = 0.6
# Longer names do not fit above a cell and are written upwards.
_SHORT_NAME = 5

# The plot areas of the calibration diagram in its viewBox, in units of about a pixel.
_LEFT, _TOP, _SIZE, _COUNTS = 44.0, 10.0, 330.0, 70.0
_BOTTOM = _TOP + _SIZE
_FLOOR = _BOTTOM + _COUNTS


def confusion_table(evaluation: Evaluation) -> str:
    """The confusion matrix as a heat map; colours are shares of the row, so that small classes show too."""
    names = [one.name for one in evaluation.classes]
    shares = evaluation.confusion / np.maximum(evaluation.confusion.sum(axis=1, keepdims=True), 1)
    columns = "".join(
        f'<th scope="col" title="{escape(name)}"><span>{escape(name)}</span></th>' for name in names
    )
    rows = []
    for i, true in enumerate(names):
        cells = (
            _cell(int(evaluation.confusion[i, j]), float(shares[i, j]), true, predicted)
            for j, predicted in enumerate(names)
        )
        rows.append(f'<tr><th scope="row" title="{escape(true)}">{escape(true)}</th>{"".join(cells)}</tr>')
    kind = "matrix tall" if max(map(len, names)) > _SHORT_NAME else "matrix"
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr><th class="axis">true ↓</th>'
        f'<th class="axis" colspan="{len(names)}">predicted →</th></tr><tr><td></td>{columns}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cell(count: int, share: float, true: str, predicted: str) -> str:
    # The root makes a few confusions visible beside many hits.
    intensity = sqrt(share)
    kinds = ["hit" if true == predicted else "miss"]
    if intensity >= _STRONG:
        kinds.append("strong")
    if not count:
        kinds.append("none")
    title = escape(f"{count} of {true} taken for {predicted} ({share:.1%})")
    return f'<td class="{" ".join(kinds)}" style="--share:{intensity:.3f}" title="{title}">{count}</td>'


def confusion_list(evaluation: Evaluation) -> str:
    """The most frequent confusions, most frequent first."""
    misses = evaluation.confusion.copy()
    np.fill_diagonal(misses, 0)
    most = np.argsort(-misses, axis=None, kind="stable")[:MOST_CONFUSIONS]
    items = []
    for i, j in zip(*(index.tolist() for index in np.unravel_index(most, misses.shape)), strict=True):
        if misses[i, j]:
            true, predicted = evaluation.classes[i], evaluation.classes[j]
            items.append(
                f"<li><span>{escape(true.name)} <em>taken for</em> {escape(predicted.name)}</span>"
                f"<span>{misses[i, j]} <em>of {true.support}</em></span></li>"
            )
    if not items:
        return "<p>None: every image was recognised.</p>"
    return f'<ol class="confusions">{"".join(items)}</ol>'


def calibration_diagram(evaluation: Evaluation) -> str:
    """Accuracy over probability, and how many images there are of each probability, as SVG."""
    most = max(one.count for one in evaluation.bins)
    parts = (
        f'<svg viewBox="0 0 {_LEFT + _SIZE + 12:g} {_FLOOR + 40:g}" role="img" aria-label="Calibration">',
        *(_gridline(tick / 5) for tick in range(6)),
        *(_bars(one, most) for one in evaluation.bins if one.count),
        line("ideal", _LEFT, _BOTTOM, _LEFT + _SIZE, _TOP),
        line("grid", _LEFT, _FLOOR, _LEFT + _SIZE, _FLOOR),
        label(_LEFT + _SIZE / 2, _FLOOR + 34, "probability"),
        upwards(12, _TOP + _SIZE / 2, "accuracy"),
        upwards(12, _FLOOR - 30, "images"),
        "</svg>",
    )
    return "".join(parts)


def _gridline(share: float) -> str:
    x, y = _LEFT + share * _SIZE, _BOTTOM - share * _SIZE
    return (
        line("grid", _LEFT, y, _LEFT + _SIZE, y)
        + label(_LEFT - 6, y + 4, f"{share:.1f}", "end")
        + label(x, _FLOOR + 16, f"{share:.1f}")
    )


def _bars(one: Bin, most: int) -> str:
    """A bin's two bars: what its images were promised and kept, and how many they are of `most`."""
    x, width = _LEFT + one.low * _SIZE + 1, (one.high - one.low) * _SIZE - 2
    kept = min(one.accuracy, one.confidence)
    difference = "gap" if one.accuracy < one.confidence else "surplus"
    tall = (_COUNTS - 12) * one.count / most

    def bar(kind: str, top: float, height: float) -> str:
        size = f'width="{width:.1f}" height="{height:.1f}"'
        return f'<rect class="{kind}" x="{x:.1f}" y="{top:.1f}" {size} rx="2"/>'

    title = (
        f"{one.low:.2f} to {one.high:.2f}: {one.count} images, "
        f"{one.accuracy:.1%} right at a mean probability of {one.confidence:.1%}"
    )
    apart = abs(one.accuracy - one.confidence)
    return (
        f"<g><title>{title}</title>"
        + bar("accuracy", _BOTTOM - kept * _SIZE, kept * _SIZE)
        + bar(difference, _BOTTOM - (kept + apart) * _SIZE, apart * _SIZE)
        + bar("count", _FLOOR - tall, tall)
        + "</g>"
    )
