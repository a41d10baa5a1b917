import json

import pytest

from pipeline.session import Session
from pipeline.triggers import Triggers, triggers
from tests.pipeline.stubs import client_error, stub_session

ROLE = "arn:aws:iam::123456789012:role/r"

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/triggered"


def test_rules_and_schedules_of_the_pipeline_only(session: Session) -> None:
    other = ARN + "-2"
    events, scheduler = session.client("events"), session.client("scheduler")
    for name, arn in (("triggers-new-images", ARN), ("triggers-other", other)):
        events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.s3"]}))
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn, "RoleArn": ROLE}])
        scheduler.create_schedule(
            Name=name,
            ScheduleExpression="rate(7 days)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": ROLE},
        )
    found = triggers(session, ARN)
    assert found == Triggers(rules=("triggers-new-images",), schedules=("default/triggers-new-images",))
    assert found
    assert found.lines() == [
        "  rule triggers-new-images: left as it is",
        "  schedule default/triggers-new-images: left as it is",
    ]


@pytest.mark.parametrize(("service", "kind"), [("events", "rules"), ("scheduler", "schedules")])
def test_what_may_not_be_listed_is_told(service: str, kind: str) -> None:
    denied = client_error("AccessDeniedException", "not for you", "List")
    found = triggers(
        stub_session(
            events={"list_rule_names_by_target": denied if service == "events" else {"RuleNames": []}},
            scheduler={"list_schedules": denied if service == "scheduler" else {"Schedules": []}},
        ),
        ARN,
    )
    why = f"{kind} not known: List failed: not for you (AccessDeniedException)"
    assert not found
    assert found.lines() == [f"? {why}"]
    assert found.to_json() == {"rules": [], "schedules": [], "unknown": [why]}
