"""Deployments of endpoints, with time that the tests move."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from moto.backends import get_backend

from pipeline.local.endpoints.capture_writer import CaptureWriter
from pipeline.local.runtime import Invocation
from tests.pipeline.local.endpoints.hands import Hands
from tests.pipeline.local.endpoints.world import ALL_BAKES, CANARY, CANARY_BAKES, LINEAR, ROLLING, WAIT, World
from tests.pipeline.local.jobs.place import ACCOUNT, REGION, Place, make_place
from tests.pipeline.local.jobs.programs import wait_until_gone


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    backend = get_backend("cloudwatch")[ACCOUNT][REGION]
    backend.put_metric_alarm(
        name="errors",
        namespace="AWS/SageMaker",
        metric_name="Invocation5XXErrors",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        period=60,
        threshold=1.0,
        statistic="Sum",
        description="",
        dimensions=[],
        alarm_actions=[],
    )
    with make_place(tmp_path) as place:
        yield place
    backend.delete_alarms(["errors"])


@pytest.fixture
def world(place: Place) -> World:
    return World(place)


def test_a_canary_that_goes_through(world: World) -> None:
    states: list[tuple[str, str]] = []

    def note(change: Any) -> None:
        summary = (change.after or {}).get("PendingDeploymentSummary")
        if summary:
            status = summary["ProductionVariants"][0]["VariantStatus"][0]
            states.append((status["Status"], status["StatusMessage"]))

    world.place.records.subscribe(note)
    world.begin(CANARY)
    record = world.until_baking(CANARY_BAKES)
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("Updating", "one")
    (variant,) = record["PendingDeploymentSummary"]["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (1, 4)
    assert [world.answers(point) for point in (0.0, 0.24, 0.25, 0.99)] == ["two", "two", "one", "one"]
    assert world.answers(0.1, target="v") == "two"
    assert world.answers(0.9, target="v") == "one"
    world.hands.move(600)
    world.until_baking(ALL_BAKES)
    assert {world.answers(point) for point in (0.0, 0.99)} == {"two"}
    world.hands.move(300)
    record = world.until(EndpointStatus="InService")
    assert record["EndpointConfigName"] == "two"
    assert "PendingDeploymentSummary" not in record
    assert "FailureReason" not in record
    assert [variant["CurrentInstanceCount"] for variant in record["ProductionVariants"]] == [4]
    assert states == [
        ("Creating", "Launching 4 instance(s)."),
        ("ActivatingTraffic", "Activating traffic on canary capacity of 1 instance(s)."),
        ("Baking", CANARY_BAKES),
        ("ActivatingTraffic", "Activating traffic on full capacity of 4 instance(s)."),
        ("Baking", ALL_BAKES),
    ]


@pytest.mark.parametrize("moment", ["canary", "all"])
def test_an_alarm_rolls_a_deployment_back(world: World, moment: str) -> None:
    statuses: list[str] = []
    world.place.records.subscribe(lambda change: statuses.append((change.after or {})["EndpointStatus"]))
    world.begin(CANARY)
    world.until_baking(CANARY_BAKES)
    if moment == "all":
        world.hands.move(600)
        world.until_baking(ALL_BAKES)
    world.point = 0.0
    _, _, body = world.runner.invoke(Invocation("e", b"x"))
    server = json.loads(body)[4]
    world.hands.until_waiting()
    world.alarm("ALARM")
    world.hands.move(1)
    record = world.until(EndpointStatus="InService")
    reason = "The deployment was rolled back: CloudWatch alarm(s) errors went into ALARM."
    assert (record["EndpointConfigName"], record["FailureReason"]) == ("one", reason)
    assert "PendingDeploymentSummary" not in record
    assert list(dict.fromkeys(statuses)) == ["Updating", "RollingBack", "InService"]
    assert world.answers(0.0) == "one"
    assert wait_until_gone(server)


def test_no_request_is_lost_on_the_way_there_and_back(world: World) -> None:
    answers: list[str] = []
    done = threading.Event()
    points = itertools.cycle([0.0, 0.5, 0.9])

    def keep_asking() -> None:
        while not done.is_set():
            world.point = next(points)
            status, _, body = world.runner.invoke(Invocation("e", b"x"))
            assert status == 200
            answers.append(json.loads(body)[0])

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(keep_asking) for _ in range(2)]
        try:
            world.begin(CANARY)
            world.until_baking(CANARY_BAKES)
            world.hands.until_waiting()
            world.alarm("ALARM")
            world.hands.move(1)
            world.until(EndpointStatus="InService")
        finally:
            done.set()
    for each in asking:
        each.result()
    assert set(answers) <= {"one", "two"}
    assert world.answers(0.0) == "one"


def test_an_alarm_that_rings_already_stops_the_first_shift(world: World) -> None:
    world.alarm("ALARM")
    shares: list[str] = []
    world.place.records.subscribe(lambda change: shares.append(str(change.after)))
    world.begin(CANARY)
    record = world.until(EndpointStatus="InService")
    assert "errors went into ALARM" in record["FailureReason"]
    assert not any("ActivatingTraffic" in each for each in shares)


def test_steps_go_on_one_after_the_other(world: World) -> None:
    world.begin(LINEAR)
    world.until_baking(
        f"Baking for 60 seconds ({WAIT}) with traffic enabled on step capacity of 2 instance(s)."
    )
    assert [world.answers(point) for point in (0.49, 0.5)] == ["two", "one"]
    world.hands.move(60)
    assert world.until(EndpointStatus="InService")["EndpointConfigName"] == "two"


def test_batches_take_the_place_of_old_instances(world: World) -> None:
    world.begin(ROLLING)
    first = f"Baking for 60 seconds ({WAIT}) with traffic enabled on batch capacity of 2 instance(s)."
    record = world.until_baking(first)
    assert record["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    world.hands.move(60)
    last = f"Baking for 60 seconds ({WAIT}) with traffic enabled on full capacity of 4 instance(s)."
    record = world.until_baking(last)
    assert record["ProductionVariants"][0]["CurrentInstanceCount"] == 0
    world.hands.move(60)
    record = world.until(EndpointStatus="InService")
    assert record["ProductionVariants"][0]["CurrentInstanceCount"] == 4


def test_traffic_goes_back_in_batches(world: World) -> None:
    states: list[tuple[str, int, str]] = []

    def note(change: Any) -> None:
        after = change.after or {}
        if "PendingDeploymentSummary" in after and after["EndpointStatus"] == "RollingBack":
            (old,), (new,) = (
                after["ProductionVariants"],
                after["PendingDeploymentSummary"]["ProductionVariants"],
            )
            status = new["VariantStatus"][0]
            states.append((status["Status"], old["CurrentInstanceCount"], status["StatusMessage"]))

    size = {"Type": "INSTANCE_COUNT", "Value": 1}
    rolling = {**ROLLING["RollingUpdatePolicy"], "RollbackMaximumBatchSize": size}
    alarms = {"Alarms": [{"AlarmName": "errors"}]}
    world.begin({"RollingUpdatePolicy": rolling, "AutoRollbackConfiguration": alarms})
    world.until_baking(
        f"Baking for 60 seconds ({WAIT}) with traffic enabled on batch capacity of 2 instance(s)."
    )
    world.place.records.subscribe(note)
    world.alarm("ALARM")
    world.hands.move(1)
    world.until(EndpointStatus="RollingBack")
    world.hands.until_waiting()
    assert [world.answers(point) for point in (0.24, 0.25)] == ["two", "one"]
    world.hands.move(60)
    record = world.until(EndpointStatus="InService")
    assert (record["EndpointConfigName"], world.answers(0.0)) == ("one", "one")
    assert record["ProductionVariants"][0]["CurrentInstanceCount"] == 4
    assert "errors went into ALARM" in record["FailureReason"]
    deleting = [state for state in states if state[0] == "Deleting"]
    assert list(dict.fromkeys(deleting)) == [
        ("Deleting", 2, "Rolling back: 1 instance(s) take traffic."),
        ("Deleting", 3, "Rolling back: 1 instance(s) take traffic."),
        ("Deleting", 3, "Rolling back: 0 instance(s) take traffic."),
        ("Deleting", 4, "Rolling back: 0 instance(s) take traffic."),
    ]


def test_a_deployment_that_takes_too_long(world: World) -> None:
    world.begin(ROLLING)
    world.until_baking(
        f"Baking for 60 seconds ({WAIT}) with traffic enabled on batch capacity of 2 instance(s)."
    )
    world.hands.move(601)
    record = world.until(EndpointStatus="InService")
    assert (record["EndpointConfigName"], record["FailureReason"]) == (
        "one",
        "The deployment was rolled back: it took longer than 600 seconds (MaximumExecutionTimeoutInSeconds).",
    )
    assert record["ProductionVariants"][0]["CurrentInstanceCount"] == 4


def test_waits_can_be_shorter(place: Place) -> None:
    world = World(place, wait_scale=0.1)
    world.begin(CANARY)
    world.until_baking(f"{CANARY_BAKES} Here it takes 60 seconds.")
    world.hands.move(60)
    world.until_baking(f"{ALL_BAKES} Here it takes 30 seconds.")
    world.hands.move(30)
    assert world.until(EndpointStatus="InService")["EndpointConfigName"] == "two"


def test_new_servers_that_do_not_come_up(world: World) -> None:
    world.place.model("broken", b"broken")
    world.config("bad", "broken")
    world.begin(CANARY, "bad")
    record = world.until(EndpointStatus="InService")
    assert record["EndpointConfigName"] == "one"
    assert "did not pass the ping health check" in record["FailureReason"]
    assert world.answers(0.0) == "one"


def test_a_deployment_begins_anew_with_the_server(world: World) -> None:
    world.begin(CANARY)
    world.until_baking(CANARY_BAKES)
    world.runner.close()
    record = world.record()
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("Updating", "one")
    world.hands = Hands()
    (variant,) = record["PendingDeploymentSummary"]["ProductionVariants"]
    assert variant["VariantStatus"][0]["Status"] == "Baking"
    states: list[str] = []

    def note(change: Any) -> None:
        summary = (change.after or {}).get("PendingDeploymentSummary", {"ProductionVariants": []})
        states.extend(each["VariantStatus"][0]["Status"] for each in summary["ProductionVariants"])

    world.place.records.subscribe(note)
    world.runner = world.serve()
    world.runner.restore()
    assert world.answers(0.99) == "one"
    world.hands.move(600)
    world.until_baking(ALL_BAKES)
    world.hands.move(300)
    assert world.until(EndpointStatus="InService")["EndpointConfigName"] == "two"
    assert states == ["Creating", "ActivatingTraffic", "Baking", "ActivatingTraffic", "Baking"]


def test_old_instances_are_whole_when_a_rolling_deployment_begins_anew(world: World) -> None:
    batch = f"Baking for 60 seconds ({WAIT}) with traffic enabled on batch capacity of 2 instance(s)."
    world.begin(ROLLING)
    world.until_baking(batch)
    world.runner.close()
    assert world.record()["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    world.hands = Hands()
    counts: list[int] = []

    def note(change: Any) -> None:
        counts.append(change.after["ProductionVariants"][0]["CurrentInstanceCount"])

    world.place.records.subscribe(note)
    world.runner = world.serve()
    world.runner.restore()
    world.until_baking(batch)
    world.hands.until_waiting()
    assert list(dict.fromkeys(counts)) == [2, 4]
    assert counts[-1] == 2


def test_a_rollback_is_ended_by_the_next_server(world: World) -> None:
    world.runner.close()
    summary = {"EndpointConfigName": "two"}
    world.place.records.update(
        "Endpoint", "e", EndpointStatus="RollingBack", FailureReason="why", PendingDeploymentSummary=summary
    )
    world.runner = world.serve()
    world.runner.restore()
    record = world.until(EndpointStatus="InService")
    assert (record["EndpointConfigName"], record["FailureReason"]) == ("one", "why")
    assert "PendingDeploymentSummary" not in record


class TestWeights:
    def test_they_move_the_traffic_and_survive_the_server(self, world: World) -> None:
        variants = [{"VariantName": name, "ModelName": name} for name in ("one", "two")]
        record = {"EndpointConfigName": "both", "ProductionVariants": variants}
        world.place.records.create("EndpointConfig", "both", record)
        world.begin(None, "both")
        shown = world.until(EndpointStatus="InService")["ProductionVariants"]
        assert [world.answers(point) for point in (0.49, 0.5)] == ["one", "two"]
        changed = [{**each, "DesiredWeight": weight} for each, weight in zip(shown, (1.0, 3.0), strict=True)]
        world.place.records.update("Endpoint", "e", EndpointStatus="Updating", ProductionVariants=changed)
        world.runner.update("e")
        shown = world.until(EndpointStatus="InService")["ProductionVariants"]
        assert [each["CurrentWeight"] for each in shown] == [1.0, 3.0]
        assert [world.answers(point) for point in (0.24, 0.25)] == ["one", "two"]
        assert world.answers(0.9, target="one") == "one"
        world.runner.close()
        world.runner = world.serve()
        world.runner.restore()
        assert [world.answers(point) for point in (0.24, 0.25)] == ["one", "two"]


class TestCapture:
    def test_what_is_captured(self, place: Place) -> None:
        world = World(place, captures=CaptureWriter(place.objects, pause=3600))
        capture = {
            "InitialSamplingPercentage": 50,
            "DestinationS3Uri": place.uri("captures"),
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
        }
        world.config("watched", "two", DataCaptureConfig=capture)
        assert world.answers(0.0) == "one"
        world.begin(None, "watched")
        described = world.until(EndpointStatus="InService")["DataCaptureConfig"]
        assert (described["CaptureStatus"], described["CurrentSamplingPercentage"]) == ("Started", 50)
        for point in (0.49, 0.5):
            world.answers(point)
        world.runner.invoke(Invocation("e", b"bug"))
        world.point = 0.0
        sent = Invocation("e", b'{"a": 1}', "application/json", inference_id="i-1", custom_attributes="t=1")
        _, _, body = world.runner.invoke(sent)
        world.runner.close()
        (key,) = place.keys("captures/e/v/")
        assert key.endswith(".jsonl")
        first, second = (json.loads(line) for line in place.read(key).splitlines())
        assert first["captureData"]["endpointInput"]["data"] == "eA=="
        assert second["captureData"]["endpointInput"]["data"] == '{"a": 1}'
        assert second["captureData"]["endpointOutput"]["data"] == body.decode()
        assert second["eventMetadata"]["inferenceId"] == "i-1"
        assert second["eventMetadata"]["customAttributes"] == ["t=1"]
