"""What starts a pipeline by itself: rules of EventBridge and schedules of EventBridge Scheduler."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pipeline.aws_errors import AWS_ERRORS, explain
from pipeline.session import Session


@dataclass(frozen=True)
class Triggers:
    """What starts a pipeline.

    Attributes:
        rules: Names of rules on the default event bus, the one that AWS's own events come to.
        schedules: Group and name of each schedule, such as default/weekly.
        unknown: Why rules or schedules could not be listed.
    """

    rules: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rules or self.schedules)

    def lines(self) -> list[str]:
        """One line for each."""
        known = [("rule", name) for name in self.rules] + [("schedule", name) for name in self.schedules]
        return [f"  {kind} {name}: left as it is" for kind, name in known] + [
            f"? {text}" for text in self.unknown
        ]

    def to_json(self) -> dict[str, object]:
        """The triggers for programs."""
        return {
            "rules": list(self.rules),
            "schedules": list(self.schedules),
            "unknown": list(self.unknown),
        }


def triggers(session: Session, arn: str) -> Triggers:
    """What starts the pipeline of an ARN. Never raises because of what AWS answers."""
    rules, no_rules = _tried("rules", lambda: _rules(session, arn))
    schedules, no_schedules = _tried("schedules", lambda: _schedules(session, arn))
    return Triggers(rules, schedules, (*no_rules, *no_schedules))


def _tried(kind: str, find: Callable[[], Iterator[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was found, and why it is not known."""
    try:
        return tuple(sorted(find())), ()
    except AWS_ERRORS as error:
        return (), (f"{kind} not known: {explain(error).findings[0].message}",)


def _rules(session: Session, arn: str) -> Iterator[str]:
    for page in session.client("events").get_paginator("list_rule_names_by_target").paginate(TargetArn=arn):
        yield from page["RuleNames"]


def _schedules(session: Session, arn: str) -> Iterator[str]:
    for page in session.client("scheduler").get_paginator("list_schedules").paginate():
        for schedule in page["Schedules"]:
            if schedule.get("Target", {}).get("Arn") == arn:
                yield f"{schedule['GroupName']}/{schedule['Name']}"
