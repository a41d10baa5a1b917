"""Images that show little: blank, dark, blurred, or with far less in them than the others of their class.

A limit alone would report every image of a class of night skies, and being unlike the others alone the odd
one in a class of good images. So both are asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from steps.validate.checks.family import Found
from steps.validate.findings import Culprit
from steps.validate.ledger.ledger import Ledger

ENOUGH = 8
"""A class of fewer images has no usual value; its split's is taken."""


@dataclass(frozen=True)
class Limit:
    """When a figure of `steps.validate.images.facts.Look` is so low that it is told.

    Attributes:
        check: A key of CHECKS.
        figure: Which column.
        least: Less is suspicious.
        share: Less than so much of the median of the class is unlike the others; None if they do not matter.
        told: The figure in words.
    """

    check: str
    figure: str
    least: float
    share: float | None
    told: str


LIMITS = (
    # Half a grey level of 255: nothing at all is drawn.
    Limit("blank-image", "contrast", 0.002, None, "all of one colour"),
    # 20 grey levels. The darkest of 64 crops of photographs has 0.12.
    Limit("dark-image", "brightness", 0.08, 1 / 4, "brightness {:.2g}"),
    # 2.5 grey levels: stars in a night sky, or noise.
    Limit("blank-image", "contrast", 0.01, 1 / 8, "contrast {:.2g}"),
    # Placeholders with a line of text have 0.2 to 0.5, photographs 4 to 7.6, drawings on white 1.1 to 7.4.
    Limit("low-information", "detail", 1.0, 0.4, "{:.2g} bits of detail"),
    # At 64 x 64 pixels. Photographs have 0.001 (soft on purpose) to 0.1, blurred by an eighth of their width
    # 0.00005, enlarged digits 0.0001 to 0.0006.
    Limit("blurred-image", "sharpness", 0.001, 1 / 20, "sharpness {:.2g}"),
)
"""In this order: an image is told of once, by the first that it falls short of."""

_MEDIANS = """
    WITH figures AS (
        SELECT split, CASE WHEN :by_class THEN class END AS class, CASE :figure WHEN 'contrast' THEN contrast
            WHEN 'brightness' THEN brightness WHEN 'detail' THEN detail ELSE sharpness END AS figure
        FROM files WHERE look IS NOT NULL AND flaw IS NULL AND place = 'class'
    ), ranked AS (
        SELECT split, class, figure, count(*) OVER same AS images,
            row_number() OVER (PARTITION BY split, class ORDER BY figure) AS place
        FROM figures WINDOW same AS (PARTITION BY split, class)
    )
    SELECT split, class, figure FROM ranked WHERE place = (images + 1) / 2 AND images >= :enough
"""
_SUSPICIOUS = """
    SELECT split, class, path, contrast, brightness, detail, sharpness FROM files
    WHERE (contrast < :contrast OR brightness < :brightness OR detail < :detail OR sharpness < :sharpness)
        AND look IS NOT NULL AND flaw IS NULL AND place = 'class'
    ORDER BY split, path
"""
_FIGURES = ("contrast", "brightness", "detail", "sharpness")

_Medians = Mapping[tuple[str, str | None], float]


def find_poor(ledger: Ledger) -> Iterator[Found]:
    """Images that fall short of a limit, each told once."""

    @cache
    def medians(figure: str) -> _Medians:
        # Sorting all images takes a while, and most data sets have nothing suspicious.
        return _medians(ledger, figure)

    least = {figure: max(limit.least for limit in LIMITS if limit.figure == figure) for figure in _FIGURES}
    for split, name, path, *values in ledger.query(_SUSPICIOUS, **least):
        figures = dict(zip(_FIGURES, values, strict=True))
        for limit in LIMITS:
            reason = _shortfall(limit, figures[limit.figure], medians, split, name)
            if reason:
                yield Found(limit.check, Culprit(split, os.fsdecode(path), reason))
                break


def _medians(ledger: Ledger, figure: str) -> _Medians:
    """The median of a figure by (split, class), and by (split, None)."""
    return {
        (split, name): median
        for by_class in (False, True)
        for split, name, median in ledger.query(_MEDIANS, by_class=by_class, figure=figure, enough=ENOUGH)
    }


def _shortfall(
    limit: Limit, figure: float, medians: Callable[[str], _Medians], split: str, name: str
) -> str | None:
    if figure >= limit.least:
        return None
    told = limit.told.format(figure)
    if limit.share is None:
        return told
    usual = medians(limit.figure)
    whose, median = "class", usual.get((split, name))
    if median is None:
        whose, median = "split", usual.get((split, None))
    if median is None or figure >= limit.share * median:
        return None
    return f"{told}, the median of its {whose} is {median:.2g}"
