"""The drawings of the report page: balance of the classes, sizes and colours of the images."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, log

from steps.page.drawing import label, line, upwards
from steps.validate.report.census import ClassSize
from steps.validate.report.sizes import CELLS_AN_OCTAVE, Sizes, cell
from steps.validate.report.statistics import Colours
from steps.validate.wording import counted, grouped, visible

MOST_CLASSES = 30
"""With more classes, half as many of the largest and of the smallest are drawn; the rest is one line."""

# The plot of the sizes in its viewBox, in units of about a pixel.
_LEFT, _TOP, _SIDE = 58.0, 10.0, 340.0
_BOTTOM = _TOP + _SIDE
_LEAST_OCTAVES = 3
# One image must still be seen beside a million.
_FAINTEST = 0.18

_ROW, _TRACK_LEFT, _TRACK = 34.0, 60.0, 256.0


def balance_table(classes: Sequence[ClassSize]) -> str:
    """The classes as bars, largest first; each split on a scale of its own, so that the shapes compare."""
    largest_first = sorted(classes, key=lambda one: (-one.train, -one.validation, one.name))
    most = tuple(
        max((count for count in counts), default=0) or 1
        for counts in ([one.train for one in classes], [one.validation for one in classes])
    )
    if len(classes) > MOST_CLASSES:
        half = MOST_CLASSES // 2
        head, rest, tail = largest_first[:half], largest_first[half:-half], largest_first[-half:]
        rows = [*(_class_row(one, most) for one in head), _rest_row(rest)]
        rows += [_class_row(one, most) for one in tail]
    else:
        rows = [_class_row(one, most) for one in largest_first]
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("class", "train", "validation"))
    return (
        f'<div class="scroll"><table class="wide balance"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _class_row(one: ClassSize, most: tuple[int, ...]) -> str:
    bars = "".join(
        f'<td><div class="bar {split}"><i style="--share:{count / largest:.3f}"></i>'
        f"<span>{grouped(count)}</span></div></td>"
        for split, count, largest in zip(
            ("train", "validation"), (one.train, one.validation), most, strict=True
        )
    )
    return f'<tr><th scope="row">{escape(visible(one.name))}</th>{bars}</tr>'


def _rest_row(rest: Sequence[ClassSize]) -> str:
    cells = "".join(
        f"<td>{_range(counts)}, {grouped(sum(counts))} together</td>"
        for counts in ([one.train for one in rest], [one.validation for one in rest])
    )
    return f'<tr class="rest"><th scope="row">… {counted(len(rest), "class")} between</th>{cells}</tr>'


def _range(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return grouped(low) if low == high else f"{grouped(low)} to {grouped(high)}"


def size_map(sizes: Sizes, crop: tuple[int, int]) -> str:
    """How many images there are of which width and height, both on the same logarithmic scale, as SVG.

    Args:
        sizes: Of the images.
        crop: Width and height that the network takes.
    """
    low, high = _octaves(sizes, crop)
    unit = _SIDE / (high - low)
    most = max(sizes.cells.values())

    def x(octave: float) -> float:
        return _LEFT + (octave - low) * unit

    def y(octave: float) -> float:
        return _BOTTOM - (octave - low) * unit

    ticks = range(low, high + 1, max(1, (high - low) // 8))
    width, height = (log(side, 2) for side in crop)
    size = unit / CELLS_AN_OCTAVE
    cells = (
        _cell(x(at[0] / CELLS_AN_OCTAVE), y((at[1] + 1) / CELLS_AN_OCTAVE), size, at, images, most)
        for at, images in sizes.cells.items()
    )
    parts = (
        f'<svg viewBox="0 0 {_LEFT + _SIDE + 20:g} {_BOTTOM + 44:g}" role="img" aria-label="Sizes">',
        *(_gridline(x(tick), y(tick), 2**tick) for tick in ticks),
        *cells,
        line("square", _LEFT, _BOTTOM, _LEFT + _SIDE, _TOP),
        line("crop", x(width), _BOTTOM, x(width), y(height)),
        line("crop", _LEFT, y(height), x(width), y(height)),
        label(_LEFT + _SIDE / 2, _BOTTOM + 38, "width in pixels"),
        upwards(12, _TOP + _SIDE / 2, "height in pixels"),
        "</svg>",
    )
    return "".join(parts)


def _octaves(sizes: Sizes, crop: tuple[int, int]) -> tuple[int, int]:
    """Powers of two that all images and the crop lie between."""
    at = [*(cell(side) for side in crop), *(index for pair in sizes.cells for index in pair)]
    low, high = min(at) // CELLS_AN_OCTAVE, max(at) // CELLS_AN_OCTAVE + 1
    missing = max(_LEAST_OCTAVES - (high - low), 0)
    return max(low - missing // 2, 0), high + missing - min(missing // 2, low)


def _gridline(x: float, y: float, pixels: int) -> str:
    return (
        line("grid", _LEFT, y, _LEFT + _SIDE, y)
        + line("grid", x, _TOP, x, _BOTTOM)
        + label(_LEFT - 8, y + 4, str(pixels), "end")
        + label(x, _BOTTOM + 18, str(pixels))
    )


def _cell(x: float, y: float, size: float, at: tuple[int, int], images: int, most: int) -> str:
    strength = log(1 + images) / log(1 + most)
    opacity = _FAINTEST + (1 - _FAINTEST) * strength
    title = f"{_pixels(at[0])} by {_pixels(at[1])} pixels: {counted(images, 'image')}"
    return (
        f'<rect class="cell" x="{x:.1f}" y="{y:.1f}" width="{size:.1f}" height="{size:.1f}"'
        f' fill-opacity="{opacity:.2f}"><title>{title}</title></rect>'
    )


def _pixels(index: int) -> str:
    low, after = (ceil(2 ** (edge / CELLS_AN_OCTAVE)) for edge in (index, index + 1))
    return str(low) if after - 1 <= low else f"{low} to {after - 1}"


def colour_bars(colours: Colours) -> str:
    """Mean and standard deviation of red, green and blue on a scale from 0 to 1, as SVG."""
    rows = "".join(
        _colour_row(i, name, mean, std)
        for i, (name, mean, std) in enumerate(
            zip(("red", "green", "blue"), colours.mean, colours.std, strict=True)
        )
    )
    scale = "".join(
        label(_TRACK_LEFT + share * _TRACK, 3 * _ROW + 14, f"{share:g}") for share in (0, 0.25, 0.5, 0.75, 1)
    )
    return f'<svg viewBox="0 0 460 {3 * _ROW + 20:g}" role="img" aria-label="Colours">{rows}{scale}</svg>'


def _colour_row(index: int, name: str, mean: float, std: float) -> str:
    top = index * _ROW + 6
    low, high = max(mean - std, 0.0), min(mean + std, 1.0)
    right = _TRACK_LEFT + _TRACK + 14

    def bar(kind: str, start: float, length: float) -> str:
        at = f'x="{_TRACK_LEFT + start * _TRACK:.1f}" y="{top:g}" width="{length * _TRACK:.1f}" height="20"'
        return f'<rect class="{kind}" {at} rx="3"/>'

    return (
        f'<text class="name" x="0" y="{top + 15:g}">{name}</text>'
        + bar("track", 0, 1)
        + bar(f"band {name}", low, high - low)
        + bar(name, max(mean - 0.006, 0), 0.012)
        + f'<text class="name" x="{right:g}" y="{top + 15:g}">{mean:.3f} ± {std:.3f}</text>'
    )
