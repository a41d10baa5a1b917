"""The elements that all report pages are made of."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from steps.page.stylesheet import STYLESHEET

# A page holds names from others: nothing in it may run or load anything.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def document(title: str, look: str, parts: Iterable[str]) -> str:
    """A whole page, as one file without scripts.

    Args:
        title: As text.
        look: Style rules of this page only.
        parts: What is in it, as HTML.
    """
    lines = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLESHEET}{look}</style></head><body><main>",
        *parts,
        "</main></body></html>",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def section(title: str, note: str, body: str) -> str:
    """A part with a heading and a note below it; all three are HTML."""
    return f'<section><h2>{title}</h2><p class="note">{note}</p>{body}</section>'


def card(name: str, value: str, note: str, kind: str = "figure") -> str:
    """One figure; all texts are escaped here."""
    texts = f"<span>{escape(name)}</span><b>{escape(value)}</b><span>{escape(note)}</span>"
    return f'<div class="{kind}">{texts}</div>'


def cards(figures: Iterable[str]) -> str:
    """Figures side by side."""
    return f'<div class="figures">{"".join(figures)}</div>'


def picture(thumbnail: str | None, alternative: str, missing: str) -> str:
    """A square with an image in it.

    Args:
        thumbnail: Its data URI, or None for a grey square.
        alternative: What it shows, as text.
        missing: What the grey square says, as text.
    """
    inside = f'<img src="{thumbnail}" alt="{escape(alternative)}">' if thumbnail else escape(missing)
    return f'<div class="picture">{inside}</div>'


def amount(number: int, unit: str) -> str:
    """The number and its unit, such as "1 class" or "1,200 images"."""
    if number != 1:
        unit = f"{unit}es" if unit.endswith("s") else f"{unit}s"
    return f"{number:,} {unit}"
