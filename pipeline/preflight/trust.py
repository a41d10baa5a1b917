"""Who may take on a role: reading its trust policy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Json = Mapping[str, object]


@dataclass(frozen=True)
class Asking:
    """Whoever wants to take on the role.

    Attributes:
        service: Such as sagemaker.amazonaws.com.
        account: The account that the service acts for.
        sources: ARNs of what it acts for, by their name for people.
    """

    service: str
    account: str
    sources: Mapping[str, str]


@dataclass(frozen=True)
class Verdict:
    """What a trust policy says.

    Attributes:
        allowed: None where it cannot be told offline.
        reasons: Why it is not allowed, or why it cannot be told.
    """

    allowed: bool | None
    reasons: tuple[str, ...] = ()


def judge(policy: Json, asking: Asking) -> Verdict:
    """Whether a trust policy lets a service take on its role."""
    statements = [one for one in _list(policy.get("Statement")) if isinstance(one, Mapping)]
    about = [one for one in statements if _names(one, asking.service)]
    denying = [one for one in about if one.get("Effect") == "Deny"]
    if any(not one.get("Condition") for one in denying):
        return Verdict(False, (f"a statement of it denies {asking.service}",))
    if denying:
        return Verdict(None, (f"a statement of it denies {asking.service} under conditions",))
    allowing = [one for one in about if one.get("Effect") == "Allow"]
    if not allowing:
        return Verdict(False, (f"no statement of it names {asking.service}",))
    verdicts = [_conditions(one, asking) for one in allowing]
    for wanted in (True, None):
        for verdict in verdicts:
            if verdict.allowed is wanted:
                return verdict
    return Verdict(False, tuple(reason for verdict in verdicts for reason in verdict.reasons))


def _names(statement: Json, service: str) -> bool:
    principal = statement.get("Principal")
    services = _list(principal.get("Service")) if isinstance(principal, Mapping) else []
    actions = [str(action) for action in _list(statement.get("Action"))]
    return service in services and any(_matches(action, "sts:AssumeRole", fold=True) for action in actions)


def _conditions(statement: Json, asking: Asking) -> Verdict:
    """The verdict of one statement that names the service."""
    given = statement.get("Condition")
    excluded: list[str] = []
    unclear: list[str] = []
    for operator, tests in (given if isinstance(given, Mapping) else {}).items():
        for key, values in (tests if isinstance(tests, Mapping) else {}).items():
            texts = [str(value) for value in _list(values)]
            told = _told(operator, key, texts, asking)
            if told is None:
                unclear.append(f"its condition {operator} on {key} cannot be judged from here")
            excluded += told or ()
    if excluded:
        return Verdict(False, tuple(excluded))
    return Verdict(None, tuple(unclear)) if unclear else Verdict(True)


_EXACT = {"stringequals", "stringequalsifexists", "stringequalsignorecase"}
_PATTERNS = {
    "stringlike",
    "stringlikeifexists",
    "arnlike",
    "arnlikeifexists",
    "arnequals",
    "arnequalsifexists",
}


def _told(operator: str, key: str, texts: list[str], asking: Asking) -> list[str] | None:
    """What a condition excludes, in words; None if that cannot be told."""
    wild = operator.lower() in _PATTERNS
    if not wild and operator.lower() not in _EXACT:
        return None
    known = {"aws:sourceaccount": {"this account": asking.account}, "aws:sourcearn": asking.sources}
    if key.lower() not in known:
        return None
    return list(_excluded(key, texts, known[key.lower()], wild))


def _excluded(key: str, texts: list[str], values: Mapping[str, str], wild: bool) -> Iterator[str]:
    for what, value in values.items():
        if not any(_matches(text, value) if wild else text == value for text in texts):
            yield f"its condition on {key} excludes {what}: {value} is not {' or '.join(texts)}"


def _matches(pattern: str, text: str, *, fold: bool = False) -> bool:
    """Whether a pattern of IAM, with * and ?, covers a text or another pattern."""
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(regex, text, re.IGNORECASE if fold else 0) is not None


def _list(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
