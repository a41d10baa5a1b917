"""The rules that moto keeps: which of them an event matches."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from moto.backends import get_backend

from pipeline.local.arns import ACCOUNT, REGION
from pipeline.local.events.event import Event
from pipeline.local.events.firing import new_firing
from pipeline.local.events.pattern import PatternError, compile_pattern
from pipeline.local.records import Record

_log = logging.getLogger(__name__)


def backend() -> Any:
    """EventBridge of moto. Asked for each time: a write that could not be kept replaces it."""
    return get_backend("events")[ACCOUNT][REGION]


def rules_of(bus: str) -> list[Any]:
    """The enabled rules of an event bus, without those that moto made for its archives."""
    found = backend().event_buses.get(bus)
    # list() copies in one step: another thread may add a rule meanwhile.
    rules = list(found.rules.values()) if found else []
    return [rule for rule in rules if rule.state != "DISABLED" and not rule.managed_by]


def firings(event: Event, bus: str, now: float) -> Iterator[Record]:
    """The firings of one event: one for each target of each rule that it matches."""
    for rule in rules_of(bus):
        if _matches(rule, event):
            for target in list(rule.targets):
                yield new_firing(rule.arn, event, target, now, now)


def _matches(rule: Any, event: Event) -> bool:
    text = rule.event_pattern.dump()
    if not text:
        return False
    try:
        return compile_pattern(text)(event)
    except PatternError as error:
        # Kept from a time before patterns were checked.
        _log.warning("rule %s matches nothing: %s", rule.arn, error)
        return False


def disable(arn: str) -> None:
    """Disable a rule, as DisableRule does."""
    path = arn.partition(":rule/")[2]
    bus, _, name = path.rpartition("/")
    backend().disable_rule(name, bus or None)
