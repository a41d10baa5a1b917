from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.backends import get_backend

from pipeline.local.arns import ACCOUNT, REGION
from pipeline.local.errors import ApiError
from pipeline.local.events import bridge, changes, firing
from pipeline.local.events.guard import LIMITS
from tests.pipeline.local.events.place import PIPELINE, Place, at, opened, pipeline_target

PATTERN = {"source": ["test"]}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with opened(tmp_path) as found:
        yield found


def parameters(**values: str) -> dict[str, Any]:
    return {"PipelineParameterList": [{"Name": name, "Value": value} for name, value in values.items()]}


def test_a_rule_starts_a_pipeline_with_values_of_the_event(place: Place) -> None:
    given = parameters(Key="$.detail.object.key", Size="$.detail.size", Fixed="x")
    rule = place.rule("r", PATTERN, pipeline_target(SageMakerPipelineParameters=given))
    place.publish({"object": {"key": "a b"}, "size": 5})
    place.run()
    (request,) = place.started
    assert request["PipelineName"] == "p"
    assert request["PipelineParameters"] == [
        {"Name": "Key", "Value": "a b"},
        {"Name": "Size", "Value": "5"},
        {"Name": "Fixed", "Value": "x"},
    ]
    (found,) = place.firings()
    assert (found["Source"], found["Status"]) == (rule, "Delivered")
    assert found["Result"] == f"{PIPELINE}/execution/1"
    assert len(request["ClientRequestToken"]) == 64


def test_what_is_disabled_or_does_not_match_does_not_fire(place: Place) -> None:
    place.rule("other", {"source": ["other"]}, pipeline_target())
    place.rule("off", PATTERN, pipeline_target(), state="DISABLED")
    place.publish({})
    place.run()
    assert place.firings() == []


def test_each_rule_and_each_target_fires_once(place: Place) -> None:
    place.rule("one", PATTERN, pipeline_target(), pipeline_target(Id="2"))
    place.rule("two", PATTERN, pipeline_target())
    place.publish({})
    for _ in range(3):
        place.run()
    assert len({each["ClientRequestToken"] for each in place.started}) == len(place.started) == 3


def test_an_event_goes_to_its_own_bus(place: Place) -> None:
    get_backend("events")[ACCOUNT][REGION].create_event_bus("mine")
    place.rule("r", PATTERN, pipeline_target(), event_bus_arn="mine")
    place.publish({})
    place.publish({}, bus="mine")
    place.run()
    assert len(place.started) == 1


def test_a_bus_is_a_target(place: Place) -> None:
    get_backend("events")[ACCOUNT][REGION].create_event_bus("mine")
    place.rule("on", PATTERN, {"Id": "1", "Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/mine"})
    place.rule("r", PATTERN, pipeline_target(), event_bus_arn="mine")
    place.publish({})
    place.run()
    assert len(place.started) == 1


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param({"Input": '{"a": 1}'}, '{"a": 1}', id="input"),
        pytest.param({"InputPath": "$.detail.object"}, '{"key": "k"}', id="path"),
        pytest.param(
            {
                "InputTransformer": {
                    "InputPathsMap": {"key": "$.detail.object.key", "all": "$.detail", "none": "$.x"},
                    "InputTemplate": (
                        '{"k": <key>, "text": "at <key>", "d": <all>, "r": "<aws.events.rule-name>"}'
                    ),
                }
            },
            '{"k": "k", "text": "at k", "d": {"object": {"key": "k"}}, "r": "r"}',
            id="transformer",
        ),
        pytest.param(
            {
                "InputTransformer": {
                    "InputPathsMap": {"key": "$.detail.object.key"},
                    "InputTemplate": '"new <key>"',
                }
            },
            '"new k"',
            id="text",
        ),
    ],
)
def test_what_a_queue_receives(place: Place, target: dict[str, Any], expected: str) -> None:
    place.rule("r", PATTERN, {"Id": "1", "Arn": place.queue("q"), **target})
    place.publish({"object": {"key": "k"}})
    place.run()
    assert place.bodies("q") == [expected]


def test_a_log_group_and_a_topic_receive_the_event(place: Place) -> None:
    topic = get_backend("sns")[ACCOUNT][REGION].create_topic("t")
    get_backend("sns")[ACCOUNT][REGION].subscribe(topic.arn, place.queue("q"), "sqs")
    logs = get_backend("logs")[ACCOUNT][REGION]
    logs.create_log_group("/g", {})
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/g"
    place.rule("r", PATTERN, {"Id": "1", "Arn": topic.arn}, {"Id": "2", "Arn": group})
    # moto takes no lines of another day than today.
    place.now = time.time()
    place.publish({"n": 1})
    place.run()
    assert json.loads(json.loads(place.bodies("q")[0])["Message"])["detail"] == {"n": 1}
    (stream,) = logs.groups["/g"].streams.values()
    assert json.loads(stream.events[0].message)["detail"] == {"n": 1}


def test_what_is_not_delivered_here_says_so(place: Place) -> None:
    place.rule("r", PATTERN, {"Id": "1", "Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"})
    place.publish({})
    place.run()
    (found,) = place.firings()
    assert found["Status"] == "Failed"
    assert found["Reason"] == (
        "NOT_SUPPORTED_LOCALLY: arn:aws:lambda:us-east-1:123456789012:function:f: the local SageMaker "
        "delivers to sagemaker, scheduler, sqs, sns, logs, events, not to 'lambda'"
    )


def test_a_target_that_is_no_arn_fails_at_once(place: Place) -> None:
    place.rule("r", PATTERN, {"Id": "1", "Arn": "arn:x"})
    place.publish({})
    place.run()
    assert place.firings()[0]["Status"] == "Failed"


def test_a_path_that_leads_to_nothing_is_not_tried_again(place: Place) -> None:
    dead = {"DeadLetterConfig": {"Arn": place.queue("dead")}}
    place.rule(
        "r", PATTERN, pipeline_target(SageMakerPipelineParameters=parameters(Key="$.detail.missing"), **dead)
    )
    place.publish({"n": 1})
    place.run()
    (message,) = place.messages("dead")
    assert json.loads(message.body)["detail"] == {"n": 1}
    attributes = {name: each["StringValue"] for name, each in message.message_attributes.items()}
    assert attributes == {
        "RULE_ARN": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r",
        "TARGET_ARN": PIPELINE,
        "ERROR_CODE": "INVALID_PARAMETER",
        "ERROR_MESSAGE": "$.detail.missing leads to nothing in the event",
        "RETRY_ATTEMPTS": "0",
    }
    assert place.firings()[0]["DeadLetter"].startswith("arn:aws:sqs:us-east-1:123456789012:dead ")


def test_an_input_path_that_leads_to_nothing(place: Place) -> None:
    dead = {"DeadLetterConfig": {"Arn": place.queue("dead")}}
    place.rule("r", PATTERN, {"Id": "1", "Arn": place.queue("q"), "InputPath": "$.detail.missing", **dead})
    place.publish({"n": 1})
    place.run()
    assert place.bodies("q") == []
    assert [json.loads(each)["detail"] for each in place.bodies("dead")] == [{"n": 1}]


def test_a_refusal_is_final(place: Place) -> None:
    place.refusal = ApiError("ValidationException", "no such parameter")
    place.rule("r", PATTERN, pipeline_target())
    place.publish({})
    place.run()
    (found,) = place.firings()
    assert (found["Status"], found["Reason"]) == ("Failed", "ValidationException: no such parameter")


def test_what_may_work_later_is_tried_again(place: Place) -> None:
    place.refusal = OSError("disk full")
    place.rule("r", PATTERN, pipeline_target())
    place.publish({})
    assert place.run() == place.now + 2
    (found,) = place.firings()
    assert (found["Status"], found["Attempts"], found["Reason"]) == (
        "Pending",
        1,
        "SDK_CLIENT_ERROR: OSError: disk full",
    )
    place.refusal = None
    place.now += 2
    assert place.run() is None
    (found,) = place.firings()
    assert (found["Status"], found["Attempts"]) == ("Delivered", 2)
    assert "Reason" not in found


@pytest.mark.parametrize(
    ("policy", "tries", "exhausted"),
    [
        pytest.param({"MaximumRetryAttempts": 2}, 3, "MaximumRetryAttempts", id="attempts"),
        pytest.param({"MaximumRetryAttempts": 0}, 1, "MaximumRetryAttempts", id="none"),
        pytest.param({"MaximumEventAgeInSeconds": 60}, 5, "MaximumEventAgeInSeconds", id="age"),
    ],
)
def test_tries_come_to_an_end(place: Place, policy: dict[str, int], tries: int, exhausted: str) -> None:
    place.refusal = ApiError("InternalFailure", "no", 500)
    dead = {"DeadLetterConfig": {"Arn": place.queue("dead")}}
    place.rule("r", PATTERN, pipeline_target(RetryPolicy=policy, **dead))
    place.publish({})
    coming = place.run()
    while coming is not None:
        place.now = coming
        coming = place.run()
    (found,) = place.firings()
    assert (found["Status"], found["Attempts"]) == ("Failed", tries)
    (message,) = place.messages("dead")
    assert message.message_attributes["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == exhausted


def test_a_missing_queue_of_dead_letters_is_told(place: Place) -> None:
    place.refusal = ApiError("ValidationException", "no")
    dead = {"DeadLetterConfig": {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:missing"}}
    place.rule("r", PATTERN, pipeline_target(**dead))
    place.publish({})
    place.run()
    assert "not sent to arn:aws:sqs:us-east-1:123456789012:missing: " in place.firings()[0]["DeadLetter"]


def test_what_was_not_delivered_before_a_kill_is_delivered_after_it(place: Place) -> None:
    place.rule("r", PATTERN, pipeline_target())
    place.publish({})
    place.kill()
    place.run()
    assert len(place.started) == 1
    place.kill()
    place.run()
    assert len(place.started) == 1


def test_a_kill_between_start_and_note_starts_the_same_execution(place: Place) -> None:
    place.rule("r", PATTERN, pipeline_target())
    place.publish({})
    place.run()
    (found,) = place.firings()
    place.records.update(firing.FIRING, found["FiringId"], Status="Pending", NextAttemptTime=place.now)
    place.kill()
    place.run()
    one, two = place.started
    assert one["ClientRequestToken"] == two["ClientRequestToken"]


def test_a_change_of_a_record_and_its_firing_are_one(place: Place) -> None:
    place.rule("r", {"source": ["aws.sagemaker"]}, pipeline_target())
    package = {"ModelPackageArn": "arn:package", "ModelApprovalStatus": "Approved", "CreationTime": 1.0}
    place.records.create("ModelPackage", "g/1", package)
    place.kill()
    place.run()
    assert len(place.started) == 1
    assert place.firings()[0]["Event"]["detail"]["ModelApprovalStatus"] == "Approved"


def test_a_rule_in_a_loop_is_disabled(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    rule = place.rule("r", PATTERN, pipeline_target())
    seconds, count = LIMITS[0]
    for number in range(count + 5):
        place.publish({"n": number})
    place.run()
    assert len(place.started) == count
    reason = (
        f"LOOP: the rule is disabled, as it fired {count} times within a minute: what it starts may cause "
        "what fires it; EnableRule lets it fire again"
    )
    assert [each.get("Reason") for each in place.firings()][count:] == [reason] * 5
    assert f"{rule} is disabled: it fired 20 times within a minute" in caplog.text
    events = get_backend("events")[ACCOUNT][REGION]
    assert events.describe_rule("r", None).state == "DISABLED"
    with place.keeping():
        events.enable_rule("r", None)
    place.now += seconds + 1
    place.publish({"n": "again"})
    place.run()
    assert len(place.started) == count + 1


def test_a_bus_that_sends_to_itself_ends(place: Place) -> None:
    place.rule("r", PATTERN, {"Id": "1", "Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"})
    place.publish({})
    place.run()
    assert place.firings()[-1]["Status"] in ("Delivered", "Failed")
    assert len(place.firings()) <= LIMITS[0][1] + 1


def test_old_firings_are_forgotten(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "KEPT", 3)
    place.rule("r", PATTERN, pipeline_target())
    for number in range(5):
        place.publish({"n": number})
        place.run()
    assert [each["Event"]["detail"]["n"] for each in place.firings()] == [2, 3, 4]
    place.kill()
    place.publish({"n": 5})
    place.run()
    assert [each["Event"]["detail"]["n"] for each in place.firings()] == [3, 4, 5]


def test_a_bug_of_ours_does_not_touch_the_change(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place.rule("r", {"source": ["aws.sagemaker"]}, pipeline_target())
    monkeypatch.setattr(changes, "drafts", lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR):
        place.records.create("Endpoint", "e", {"EndpointStatus": "Creating"})
    assert place.records.get("Endpoint", "e") is not None
    assert "no event of the change of Endpoint e" in caplog.text


def test_the_thread_wakes_up_for_what_comes(place: Place) -> None:
    place.rule("r", PATTERN, pipeline_target())
    place.bridge.start()
    place.publish({})
    name = place.firings()[0]["FiringId"]
    place.records.wait(firing.FIRING, name, lambda record: record["Status"] == "Delivered", 10)
    place.bridge.close()
    assert at("2026-11-23T12:00:00") == place.now
