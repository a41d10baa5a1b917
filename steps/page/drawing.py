"""The strokes that the drawings of the report pages are made of, as SVG."""

from __future__ import annotations


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """A line of a class of the stylesheet."""
    return f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def label(x: float, y: float, text: str, anchor: str = "middle") -> str:
    """A text that needs no escaping, its base line at `y`."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{text}</text>'


def upwards(x: float, y: float, text: str) -> str:
    """A text that needs no escaping, written from below to above, `y` at its middle."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" transform="rotate(-90 {x:g} {y:g})">{text}</text>'
