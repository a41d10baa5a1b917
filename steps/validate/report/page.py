"""report.html: the validation for people, as one file without scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from steps.page.elements import card, cards, document, section
from steps.validate.findings import Finding
from steps.validate.report.census import Census
from steps.validate.report.charts import MOST_CLASSES, balance_table, colour_bars, size_map
from steps.validate.report.display import finding_details, findings_table
from steps.validate.report.stylesheet import STYLESHEET
from steps.validate.wording import counted, grouped, visible

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def render_page(
    census: Census, findings: Sequence[Finding], thumbnails: Mapping[str, str], crop: tuple[int, int]
) -> str:
    """The whole page.

    Args:
        census: The data set in numbers.
        findings: Whatever was found.
        thumbnails: Data URIs by split and path of what they show.
        crop: Width and height that the network takes.
    """
    gravest_first = sorted(findings, key=lambda finding: finding.severity != "error")
    verdict, kind = _verdict(findings)
    places = " and ".join(dict.fromkeys(escape(visible(split.uri)) for split in census.splits.values()))
    parts = [
        f'<header><h1 class="{kind}">{verdict}</h1><p class="lead">{places}</p></header>',
        cards(_figures(census, findings)),
        _findings(gravest_first, thumbnails),
        _balance(census),
        _sizes(census, crop),
        _colours(census),
        _footer(census),
    ]
    return document(f"Images: {verdict}", STYLESHEET, parts)


def _footer(census: Census) -> str:
    return (
        f"<footer>Content hash of the data set: <code>{census.content_hash}</code><br>"
        "For programs, beside this page: report.json, and problems.jsonl with every single problem.</footer>"
    )


def _verdict(findings: Sequence[Finding]) -> tuple[str, str]:
    if any(finding.severity == "error" for finding in findings):
        return "The images cannot be used yet", "bad"
    return "The images can be used", "good"


def _figures(census: Census, findings: Sequence[Finding]) -> Iterator[str]:
    errors, warnings = (
        sum(finding.severity == severity for finding in findings) for severity in ("error", "warning")
    )
    kind = "figure first bad" if errors else "figure calm"
    yield card("Errors", grouped(errors), "must be fixed" if errors else "nothing must be fixed", kind)
    kind = "figure mild" if warnings else "figure calm"
    yield card("Warnings", grouped(warnings), "worth a look" if warnings else "nothing else to see", kind)
    for name, split in census.splits.items():
        title = "Training images" if name == "train" else "Validation images"
        unused = split.files - split.usable
        note = f"of {counted(split.files, 'file')}" if unused else "all files"
        yield card(title, grouped(split.usable), f"{note}, {_amount_of_data(split.bytes)}")
    yield card("Classes", grouped(len(census.classes)), "one folder each")


def _amount_of_data(size: int) -> str:
    number, unit = float(size), 0
    while number >= 999.5 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.3g} {_UNITS[unit]}"


def _findings(findings: Sequence[Finding], thumbnails: Mapping[str, str]) -> str:
    if not findings:
        return section("Findings", "None: every check passed.", "")
    details = "".join(finding_details(finding, thumbnails) for finding in findings)
    note = "Errors have to be fixed before anything is trained. Warnings are worth a look."
    return section("Findings", note, findings_table(findings) + details)


def _balance(census: Census) -> str:
    if not census.classes:
        return ""
    note = "Images that can be used, largest class first. Each split has its own scale."
    if len(census.classes) > MOST_CLASSES:
        note += f" Of {counted(len(census.classes), 'class')}, the largest and the smallest."
    return section("Balance of the classes", note, balance_table(census.classes))


def _sizes(census: Census, crop: tuple[int, int]) -> str:
    if not census.sizes:
        return ""
    names = ("min", "p5", "median", "p95", "max")
    heads = "".join(f"<th>{name}</th>" for name in ("", *names))
    rows = "".join(
        f'<tr><th scope="row">{side}</th>{"".join(f"<td>{values[name]}</td>" for name in names)}</tr>'
        for side, values in (("width", census.sizes.width), ("height", census.sizes.height))
    )
    formats = ", ".join(f"{grouped(n)} {escape(visible(name))}" for name, n in census.formats.items())
    key = (
        '<li><i class="cell"></i>images: the more, the stronger</li><li><i class="line"></i>square</li>'
        f'<li><i class="line crop"></i>what the network takes: {crop[0]} by {crop[1]}</li>'
    )
    body = (
        f'<div class="plot">{size_map(census.sizes, crop)}<div><div class="scroll">'
        f'<table class="quantiles"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        f'<ul class="key">{key}</ul></div></div>'
    )
    return section("Sizes", f"By format: {formats}." if formats else "", body)


def _colours(census: Census) -> str:
    if not census.colours:
        return ""
    note = (
        f"Mean and standard deviation of all pixels of {counted(census.colours.images, 'training image')}, "
        "from 0 for black to 1: what to normalise with where a network is trained from scratch."
    )
    return section("Colours", note, f'<div class="plot">{colour_bars(census.colours)}</div>')
