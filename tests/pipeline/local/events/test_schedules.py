from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.backends import get_backend

from pipeline.local.arns import ACCOUNT, REGION
from pipeline.local.errors import ApiError
from tests.pipeline.local.events.place import PIPELINE, ROLE, Place, at, opened, pipeline_target


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """It is 12:00 UTC on the 23rd of November 2026, a Monday."""
    with opened(tmp_path) as found:
        yield found


def moments(place: Place) -> list[str]:
    """When what has fired was due."""
    return [each["Event"]["time"][5:16] for each in place.firings()]


def names(place: Place) -> list[str]:
    return list(get_backend("scheduler")[ACCOUNT][REGION].schedule_groups["default"].schedules)


def test_a_rate_fires_at_once_and_then_at_its_pace(place: Place) -> None:
    place.schedule("s", "rate(5 minutes)")
    assert place.run() == at("2026-11-23T12:05:00")
    place.run("2026-11-23T12:04:59")
    place.run("2026-11-23T12:05:00")
    place.run("2026-11-23T12:10:07")
    assert moments(place) == ["11-23T12:00", "11-23T12:05", "11-23T12:10"]
    assert len(place.started) == 3


def test_a_rate_with_a_start_begins_there(place: Place) -> None:
    place.schedule("s", "rate(1 hour)", start_date=at("2026-11-23T12:30"))
    assert place.run() == at("2026-11-23T12:30")
    place.run("2026-11-23T12:30")
    place.run("2026-11-23T13:30")
    assert moments(place) == ["11-23T12:30", "11-23T13:30"]


def test_a_start_that_has_just_passed_is_now(place: Place) -> None:
    """As the SageMaker SDK says it."""
    place.schedule("s", "rate(1 hour)", start_date=place.now - 1.5)
    place.run()
    place.run("2026-11-23T13:00")
    assert moments(place) == ["11-23T11:59", "11-23T12:59"]


def test_a_start_that_passed_long_ago_is_made_up_for_by_nothing(place: Place) -> None:
    place.schedule("s", "rate(1 hour)", start_date=at("2026-11-22T12:30"))
    assert place.run() == at("2026-11-23T12:30")
    assert place.firings() == []


def test_cron_goes_by_the_clock_on_the_wall(place: Place) -> None:
    place.schedule("s", "cron(0 15 ? * MON *)", schedule_expression_timezone="Europe/Berlin")
    assert place.run() == at("2026-11-23T14:00")
    place.run("2026-11-23T14:00:30")
    assert place.run() == at("2026-11-30T14:00")
    assert moments(place) == ["11-23T14:00"]


def test_at_fires_once_and_stays(place: Place) -> None:
    place.schedule("s", "at(2026-11-23T12:30:00)")
    place.run("2026-11-23T12:30")
    assert place.run("2026-11-24T12:30") is None
    assert moments(place) == ["11-23T12:30"]
    assert names(place) == ["s"]


def test_what_is_over_is_deleted_if_so_wished(place: Place) -> None:
    place.schedule("s", "at(2026-11-23T12:30:00)", action_after_completion="DELETE")
    place.run()
    assert names(place) == ["s"]
    place.run("2026-11-23T12:30")
    place.run()
    assert names(place) == []
    assert len(place.started) == 1


def test_it_is_not_deleted_while_it_is_tried_again(place: Place) -> None:
    place.refusal = ApiError("InternalFailure", "no", 500)
    place.schedule("s", "at(2026-11-23T12:30:00)", action_after_completion="DELETE")
    place.run("2026-11-23T12:30")
    place.run()
    assert names(place) == ["s"]
    place.refusal = None
    place.run("2026-11-23T12:30:02")
    place.run()
    assert names(place) == []


def test_nothing_fires_after_the_end(place: Place) -> None:
    place.schedule("s", "rate(1 hour)", end_date=at("2026-11-23T13:00"), action_after_completion="DELETE")
    place.run()
    place.run("2026-11-23T13:00")
    assert place.run("2026-11-23T15:00") is None
    assert moments(place) == ["11-23T12:00", "11-23T13:00"]
    assert names(place) == []


@pytest.mark.parametrize("start", [None, at("2026-11-23T12:10")], ids=["after one firing", "before any"])
def test_what_ends_early_is_deleted(place: Place, start: float | None) -> None:
    end = at("2026-11-23T12:05")
    place.schedule("s", "rate(1 hour)", start_date=start, end_date=end, action_after_completion="DELETE")
    place.run()
    place.run("2026-11-23T12:05:01")
    place.run()
    assert names(place) == []
    assert len(place.started) == (start is None)


def test_at_in_the_past_never_fires(place: Place) -> None:
    place.schedule("s", "at(2026-11-23T11:59:00)")
    assert place.run() is None
    assert place.firings() == []


def test_what_is_disabled_does_not_fire_and_makes_up_for_nothing(place: Place) -> None:
    place.schedule("s", "cron(0 * * * ? *)", state="DISABLED")
    place.run("2026-11-23T14:30")
    assert place.firings() == []
    scheduler = get_backend("scheduler")[ACCOUNT][REGION]
    with place.keeping():
        given: dict[str, Any] = dict.fromkeys(
            (
                "description",
                "end_date",
                "group_name",
                "kms_key_arn",
                "start_date",
                "schedule_expression_timezone",
            )
        )
        scheduler.update_schedule(
            **given,
            name="s",
            schedule_expression="cron(0 * * * ? *)",
            flexible_time_window={"Mode": "OFF"},
            state="ENABLED",
            target={"Arn": PIPELINE, "RoleArn": ROLE},
        )
    assert place.run() == at("2026-11-23T15:00")
    assert place.firings() == []


def test_the_last_of_the_moments_of_a_pause_fires(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    arn = place.schedule("s", "cron(0 * * * ? *)")
    place.run()
    place.now = at("2026-11-23T15:20")
    place.kill()
    assert place.run() == at("2026-11-23T16:00")
    assert moments(place) == ["11-23T15:00"]
    assert f"{arn}: 2 earlier moments passed unnoticed and do not fire" in caplog.text


def test_what_is_too_late_does_not_fire(place: Place) -> None:
    target = {"Arn": PIPELINE, "RoleArn": ROLE, "RetryPolicy": {"MaximumEventAgeInSeconds": 600}}
    place.schedule("s", "at(2026-11-23T12:30:00)", target)
    place.now = at("2026-11-23T13:00")
    place.kill()
    place.run()
    (found,) = place.firings()
    assert (found["Status"], place.started) == ("Failed", [])
    assert found["Reason"] == "EVENT_AGE_EXCEEDED: it was due 1800 s before the server could fire it"


def test_a_long_pause_is_passed_quickly(place: Place) -> None:
    place.schedule("s", "rate(1 minute)")
    place.run()
    assert place.run("2036-11-23T12:00:30") == at("2036-11-23T12:01")
    assert moments(place)[-1] == "11-23T12:00"


def test_a_moment_that_a_kill_cut_short_fires_once(place: Place) -> None:
    arn = place.schedule("s", "cron(0 13 * * ? *)")
    place.run("2026-11-23T13:00")
    before = place.records.get("ScheduleClock", arn)
    assert before is not None
    # As if the clock had not been put on.
    place.records.update("ScheduleClock", arn, Last=at("2026-11-23T12:00"))
    place.kill()
    place.run()
    assert len(place.firings()) == len(place.started) == 1


def test_the_universal_target(place: Place) -> None:
    arn = "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution"
    text = json.dumps(
        {
            "PipelineName": "p",
            "PipelineParameters": [{"Name": "When", "Value": "<aws.scheduler.scheduled-time>"}],
        }
    )
    place.schedule("s", "at(2026-11-23T12:30:00)", {"Arn": arn, "RoleArn": ROLE, "Input": text})
    place.run("2026-11-23T12:30")
    (request,) = place.started
    assert request["PipelineName"] == "p"
    assert request["PipelineParameters"] == [{"Name": "When", "Value": "2026-11-23T12:30:00Z"}]


def test_parameters_of_a_schedule_are_what_they_are(place: Place) -> None:
    given = {"PipelineParameterList": [{"Name": "A_b", "Value": "$.detail"}]}
    place.schedule(
        "s", "rate(1 day)", {"Arn": PIPELINE, "RoleArn": ROLE, "SageMakerPipelineParameters": given}
    )
    place.run()
    assert place.started[0]["PipelineParameters"] == [{"Name": "A_b", "Value": "$.detail"}]


def test_a_queue_receives_the_input(place: Place) -> None:
    place.schedule("s", "rate(1 day)", {"Arn": place.queue("q"), "RoleArn": ROLE, "Input": "hello"})
    place.run()
    assert place.bodies("q") == ["hello"]


def test_a_flexible_window_is_ignored_aloud(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    with caplog.at_level(logging.WARNING):
        arn = place.schedule("s", "rate(1 day)", flexible_time_window=window)
    assert (
        f"{arn}: its flexible time window of 15 minutes is ignored, it fires at the beginning" in caplog.text
    )


def test_a_rule_with_a_schedule(place: Place) -> None:
    rule = place.rule("r", None, pipeline_target(), scheduled_expression="rate(5 minutes)")
    assert place.run() == at("2026-11-23T12:05")
    place.run("2026-11-23T12:05")
    (found,) = place.firings()
    event = found["Event"]
    assert (event["source"], event["detail-type"], event["resources"]) == (
        "aws.events",
        "Scheduled Event",
        [rule],
    )
    assert event["detail"] == {}
    assert len(place.started) == 1


def test_a_deleted_schedule_begins_anew_when_it_is_made_again(place: Place) -> None:
    place.schedule("s", "rate(1 hour)")
    place.run()
    scheduler = get_backend("scheduler")[ACCOUNT][REGION]
    with place.keeping():
        scheduler.delete_schedule(None, "s")
    assert place.run("2026-11-23T12:20") is None
    place.schedule("s", "rate(1 hour)")
    place.run()
    assert moments(place) == ["11-23T12:00", "11-23T12:20"]


def test_what_cannot_be_delivered_goes_to_the_dead_letters(place: Place) -> None:
    place.refusal = ApiError("ValidationException", "no such parameter")
    target = {
        "Arn": PIPELINE,
        "RoleArn": ROLE,
        "DeadLetterConfig": {"Arn": place.queue("dead")},
        "Input": "{}",
    }
    arn = place.schedule("s", "at(2026-11-23T12:30:00)", target)
    place.run("2026-11-23T12:30")
    (message,) = place.messages("dead")
    attributes = {name: each["StringValue"] for name, each in message.message_attributes.items()}
    assert attributes.pop("EXECUTION_ID") == place.firings()[0]["Event"]["id"]
    assert (message.body, attributes) == (
        "{}",
        {
            "SCHEDULE_ARN": arn,
            "TARGET_ARN": PIPELINE,
            "SCHEDULED_TIME": "2026-11-23T12:30:00Z",
            "ERROR_CODE": "ValidationException",
            "ERROR_MESSAGE": "no such parameter",
            "RETRY_ATTEMPTS": "0",
            "IS_PAYLOAD_TRUNCATED": "false",
        },
    )


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        pytest.param(
            {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": "{}"},
            "NOT_SUPPORTED_LOCALLY: arn:aws:scheduler:::aws-sdk:sqs:sendMessage: of the universal targets, "
            "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution is known",
            id="another operation",
        ),
        pytest.param(
            {"Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution", "Input": "["},
            "INVALID_PARAMETER: Input is not JSON: Expecting value: line 1 column 2 (char 1)",
            id="no JSON",
        ),
        pytest.param(
            {"Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:startPipelineExecution", "Input": "[]"},
            "INVALID_PARAMETER: Input is not a JSON object",
            id="no object",
        ),
        pytest.param(
            {"Arn": "arn:aws:sqs:us-east-1:123456789012:missing"},
            "NO_RESOURCE: arn:aws:sqs:us-east-1:123456789012:missing: ",
            id="no such queue",
        ),
        pytest.param(
            {"Arn": "arn:aws:logs:us-east-1:123456789012:log-group:missing"},
            "NO_RESOURCE: arn:aws:logs:us-east-1:123456789012:log-group:missing: ",
            id="no such log group",
        ),
        pytest.param(
            {"Arn": "arn:aws:events:us-east-1:123456789012:event-bus/missing"},
            "NO_RESOURCE: Event bus missing does not exist.",
            id="no such bus",
        ),
        pytest.param(
            {"Arn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e"},
            "NOT_SUPPORTED_LOCALLY: arn:aws:sagemaker:us-east-1:123456789012:endpoint/e is not the ARN of",
            id="no pipeline",
        ),
        pytest.param({"Arn": "nonsense"}, "NOT_SUPPORTED_LOCALLY: nonsense: ", id="no ARN"),
    ],
)
def test_targets_that_take_nothing_say_why(place: Place, target: dict[str, Any], reason: str) -> None:
    place.schedule("s", "rate(1 day)", {"RoleArn": ROLE, **target})
    place.run()
    (found,) = place.firings()
    assert found["Status"] == "Failed"
    assert found["Reason"].startswith(reason)


def test_a_schedule_sends_an_event_of_ones_own(place: Place) -> None:
    place.rule("r", {"source": ["mine"], "detail": {"a": [1]}}, pipeline_target())
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/default"
    given = {"Source": "mine", "DetailType": "T"}
    place.schedule(
        "s", "rate(1 day)", {"Arn": bus, "RoleArn": ROLE, "EventBridgeParameters": given, "Input": '{"a": 1}'}
    )
    place.run()
    assert len(place.started) == 1
