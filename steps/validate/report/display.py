"""The findings on the report page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from steps.page.elements import picture
from steps.validate.findings import CHECKS, EXAMPLES, Culprit, Finding
from steps.validate.wording import counted, grouped, shortened, visible

_LONGEST_TEXT = 300


def findings_table(findings: Sequence[Finding]) -> str:
    """All findings, one line each, with links to their details further down."""
    names = ("code", "what", "", "where", "count", "how to fix")
    kinds = {"count": ' class="number"', "how to fix": ' class="fix"'}
    heads = "".join(f"<th{kinds.get(name, '')}>{name}</th>" for name in names)
    rows = "".join(_overview_row(finding) for finding in findings)
    return (
        f'<div class="scroll"><table class="wide overview"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def finding_details(finding: Finding, thumbnails: Mapping[str, str]) -> str:
    """A finding with its reason, how to fix it and examples.

    Args:
        finding: The finding.
        thumbnails: Data URIs by split and path of what they show.
    """
    check = CHECKS[finding.check]
    rest = finding.count - len(finding.examples[:EXAMPLES])
    more = f'<p class="more">… and {grouped(rest)} more: see problems.jsonl</p>' if rest else ""
    return (
        f'<article class="finding" id="{_anchor(finding)}">{_badge(finding)}<h3>{finding.check}</h3>'
        f'<span class="code">{check.code}</span> '
        f'<span class="where">{counted(finding.count, check.unit)} in {escape(finding.split)}</span>'
        f'<p class="why">{escape(_sentence(check.reason))}</p>'
        f"<p><b>To fix it:</b> {escape(check.hint)}.</p>"
        f"{_examples(finding.examples[:EXAMPLES], thumbnails)}{more}</article>"
    )


def _overview_row(finding: Finding) -> str:
    check = CHECKS[finding.check]
    return (
        f'<tr><th scope="row">{check.code}</th>'
        f'<td><a href="#{_anchor(finding)}">{finding.check}</a></td><td>{_badge(finding)}</td>'
        f'<td>{escape(finding.split)}</td><td class="number">{grouped(finding.count)}</td>'
        f'<td class="fix">{escape(check.hint)}</td></tr>'
    )


def _anchor(finding: Finding) -> str:
    return escape(f"{CHECKS[finding.check].code}-{finding.split}-{finding.severity}")


def _badge(finding: Finding) -> str:
    return f'<span class="badge {finding.severity}">{finding.severity}</span>'


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _examples(examples: Sequence[Culprit], thumbnails: Mapping[str, str]) -> str:
    """Those with a picture first: a page has no room for one of each."""
    shown = [one for one in examples if any(name in thumbnails for name in _names(one))]
    kind = "gallery pairs" if any(one.other for one in shown) else "gallery"
    figures = "".join(_figure(one, thumbnails) for one in shown)
    items = "".join(_item(one) for one in examples if one not in shown)
    gallery = f'<div class="{kind}">{figures}</div>' if figures else ""
    return gallery + (f'<ul class="examples">{items}</ul>' if items else "")


def _names(one: Culprit) -> list[str]:
    """Split and path of what it is about: one file, or two."""
    return [name for name in (f"{one.split}/{one.path}", one.other) if name]


def _item(one: Culprit) -> str:
    return f"<li>{_text(one.subject)}: <span>{_text(one.reason)}</span></li>"


def _figure(one: Culprit, thumbnails: Mapping[str, str]) -> str:
    shown = "".join(picture(thumbnails.get(name), visible(name), "no picture") for name in _names(one))
    return (
        f'<figure><div class="pictures">{shown}</div><figcaption><b>{_text(one.reason)}</b>'
        f'<span class="path">{_text(one.subject)}</span></figcaption></figure>'
    )


def _text(text: str) -> str:
    return escape(shortened(visible(text), _LONGEST_TEXT))
