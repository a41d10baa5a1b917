from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.endpoints.runner import EndpointRunner
from pipeline.local.errors import ApiError
from pipeline.local.jobs.catalog import Image
from pipeline.local.jobs.job import Waits
from pipeline.local.runtime import Invocation
from tests.pipeline.local.endpoints.calls import (
    ENDED,
    NO_PING,
    ask,
    begin_update,
    config,
    created,
    endpoint,
    pid,
    settled,
    update,
    variant,
)
from tests.pipeline.local.jobs.place import SECONDS, Place, make_place
from tests.pipeline.local.jobs.programs import is_alive, wait_until_gone


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with make_place(tmp_path) as place:
        yield place


def test_an_endpoint_answers_until_it_is_deleted(place: Place) -> None:
    runner = place.endpoints()
    config(place, "one")
    record = created(place, runner, "one")
    assert record["EndpointStatus"] == "InService"
    (summary,) = record["ProductionVariants"]
    (image,) = summary.pop("DeployedImages")
    assert summary == {
        "VariantName": "AllTraffic",
        "CurrentWeight": 1.0,
        "DesiredWeight": 1.0,
        "CurrentInstanceCount": 1,
        "DesiredInstanceCount": 1,
    }
    assert image["SpecifiedImage"] == image["ResolvedImage"] == "serve:1"
    assert record["LastModifiedTime"] > 1
    status, headers, body = runner.invoke(Invocation("e", b"image", "image/jpeg", "application/json"))
    assert status == 200
    assert headers == {
        "Content-Type": "application/json",
        "x-Amzn-Invoked-Production-Variant": "AllTraffic",
    }
    assert json.loads(body)[:4] == ["one", "image", "image/jpeg", "application/json"]
    assert place.log_of("/aws/sagemaker/Endpoints/e", "AllTraffic/i-") == ["serving one"]
    server = pid(runner)
    runner.delete("e")
    place.records.delete("Endpoint", "e")
    assert wait_until_gone(server)
    with pytest.raises(ApiError) as caught:
        ask(runner)
    assert caught.value.code == "ValidationError"
    assert caught.value.message == "Endpoint e of account 123456789012 not found: its status is Deleting."
    runner.delete("e")


def test_the_model_s_own_errors_are_passed_on(place: Place) -> None:
    runner = place.endpoints()
    config(place, "one")
    created(place, runner, "one")
    status, headers, body = runner.invoke(Invocation("e", b"bad image", "image/jpeg"))
    assert (status, headers["Content-Type"], body) == (400, "text/plain", b"this is no image")
    status, _, body = runner.invoke(Invocation("e", b"bug"))
    assert (status, body) == (500, b"a bug in the model")


def test_variants_share_the_traffic_by_weight(place: Place) -> None:
    points = iter([0.0, 0.74, 0.76, 0.99])
    runner = place.endpoints(point=lambda: next(points))
    place.model("ma", b"model a")
    place.model("mb", b"model b")
    config(place, "two", variant("a", "ma", 3.0), variant("b", "mb", 1.0))
    record = created(place, runner, "two")
    assert [each["CurrentWeight"] for each in record["ProductionVariants"]] == [3.0, 1.0]
    assert [ask(runner)[0] for _ in range(4)] == ["model a", "model a", "model b", "model b"]
    assert ask(runner, target="b")[0] == "model b"
    _, headers, _ = runner.invoke(Invocation("e", b"image", target_variant="b"))
    assert headers["x-Amzn-Invoked-Production-Variant"] == "b"
    with pytest.raises(ApiError) as caught:
        ask(runner, target="c")
    assert caught.value.code == "ValidationError"
    assert caught.value.message == "Variant c not found for endpoint e; it has a, b."


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        pytest.param({"content": b"broken"}, ENDED.format("AllTraffic"), id="server-ends"),
        pytest.param({"content": b"never ready"}, NO_PING.format("AllTraffic"), id="never-ready"),
        pytest.param(
            {"content": b"", "ModelDataUrl": "s3://no-such-bucket-anywhere/model.tar.gz"},
            "Could not find model data at s3://no-such-bucket-anywhere/model.tar.gz.",
            id="no-artifact",
        ),
        pytest.param(
            {"content": b"", "image": "r.io/xgboost:1"},
            "no program stands for image 'r.io/xgboost:1' in serving, so the local SageMaker does not run "
            "it: no containers run here; the images known for serving are serve",
            id="unknown-image",
        ),
    ],
)
def test_an_endpoint_that_does_not_come_up_says_why(place: Place, model: dict[str, Any], reason: str) -> None:
    runner = place.endpoints()
    place.model("good", b"good")
    place.model("m", **model)
    slow = {"ContainerStartupHealthCheckTimeoutInSeconds": 0.3}
    config(place, "one", variant("Good", "good"), variant("AllTraffic", "m", **slow))
    record = created(place, runner, "one")
    assert record["EndpointStatus"] == "Failed"
    assert record["FailureReason"] == reason
    with pytest.raises(
        ApiError, match=r"Endpoint e of account 123456789012 not found: its status is Failed\."
    ):
        ask(runner)
    runner.close()
    assert not (place.home / "local" / "endpoints" / "e" / "0").exists()


def test_the_log_says_why_a_server_is_not_ready(place: Place) -> None:
    runner = place.endpoints()
    place.model("m", b"broken")
    config(place, "one", variant("v", "m"))
    created(place, runner, "one")
    assert place.log_of("/aws/sagemaker/Endpoints/e", "v/i-") == [
        "serving broken",
        "cannot load the model",
        "the server is not ready: it ended with exit code 3 before it answered GET /ping",
    ]


def test_a_server_without_a_program(place: Place) -> None:
    runner = place.endpoints(images={"serve": Image(serve=("no-such-program",))})
    config(place, "one")
    assert created(place, runner, "one")["FailureReason"] == NO_PING.format("AllTraffic")


def test_an_update_moves_to_the_new_model_without_a_gap(place: Place) -> None:
    runner = place.endpoints()
    config(place, "one")
    config(place, "two")
    created(place, runner, "one")
    old = pid(runner)
    answers: list[str] = []
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            answers.append(ask(runner)[0])

    threads = [threading.Thread(target=keep_asking) for _ in range(3)]
    for thread in threads:
        thread.start()
    record = update(place, runner, "two")
    assert wait_until_gone(old)
    done.set()
    for thread in threads:
        thread.join()
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "two")
    assert "FailureReason" not in record
    assert set(answers) <= {"one", "two"}
    assert ask(runner)[0] == "two"


def test_an_update_that_fails_leaves_the_old_model(place: Place) -> None:
    runner = place.endpoints()
    config(place, "one")
    place.model("m", b"broken")
    config(place, "bad", variant("New", "m"))
    created(place, runner, "one")
    old = pid(runner)
    statuses: list[str] = []
    place.records.subscribe(lambda change: statuses.append((change.after or {})["EndpointStatus"]))
    record = update(place, runner, "bad")
    assert statuses == ["Updating", "RollingBack", "InService"]
    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", "one")
    assert record["FailureReason"] == ENDED.format("New")
    assert pid(runner) == old


def test_an_update_can_mend_a_failed_endpoint_or_not(place: Place) -> None:
    runner = place.endpoints()
    place.model("m", b"broken")
    config(place, "bad", variant("v", "m"))
    config(place, "one")
    assert created(place, runner, "bad")["EndpointStatus"] == "Failed"
    assert update(place, runner, "bad")["EndpointStatus"] == "Failed"
    assert update(place, runner, "one")["EndpointStatus"] == "InService"
    assert update(place, runner, "gone")["FailureReason"] == (
        "Could not find the endpoint configuration: it was deleted."
    )


def test_a_server_that_died_is_started_again(place: Place) -> None:
    runner = place.endpoints()
    config(place, "one")
    created(place, runner, "one")
    old = pid(runner)
    with pytest.raises(ApiError) as caught:
        runner.invoke(Invocation("e", b"die"))
    error = caught.value
    assert (error.code, error.status, error.fields["OriginalStatusCode"]) == ("ModelError", 424, 0)
    assert error.fields["LogStreamArn"] == (
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/e"
    )
    assert error.message == (
        'Received server error (0) from primary with message "Your invocation got no answer from container '
        'primary: the server ended with exit code 7". See log group /aws/sagemaker/Endpoints/e in account '
        "123456789012 for more information."
    )
    assert wait_until_gone(old)
    assert pid(runner) != old
    log = place.log_of("/aws/sagemaker/Endpoints/e", "AllTraffic/i-")
    assert log == ["serving one", "the server has ended; it is started again", "serving one"]


def test_a_model_that_takes_too_long_is_an_error_of_the_model(place: Place) -> None:
    runner = place.endpoints(timeout=0.05)
    config(place, "one")
    created(place, runner, "one")
    with pytest.raises(ApiError, match="got no answer from container primary: timed out"):
        ask(runner, b"slow")


def test_endpoints_are_served_again_after_a_restart(place: Place) -> None:
    config(place, "one")
    config(place, "two")
    first = place.endpoints()
    created(place, first, "one")
    old = pid(first)
    first.close()
    assert not is_alive(old)
    record = place.records.get("Endpoint", "e")
    assert record is not None
    assert record["EndpointStatus"] == "InService"
    endpoint(place, "two", "Failed", "failed")
    second = place.endpoints()
    second.restore()
    assert ask(second)[0] == "one"
    assert place.records.get("Endpoint", "e") == record
    with pytest.raises(ApiError, match="its status is Failed"):
        ask(second, name="failed")


def test_an_endpoint_is_served_again_without_its_configuration(place: Place) -> None:
    config(place, "one")
    first = place.endpoints()
    created(place, first, "one")
    first.close()
    place.records.delete("EndpointConfig", "one")
    second = place.endpoints()
    second.restore()
    assert ask(second)[0] == "one"


def test_an_update_and_a_deletion_wait_for_what_is_restored(place: Place) -> None:
    config(place, "one")
    config(place, "two")
    first = place.endpoints()
    for name in ("e", "gone"):
        endpoint(place, "one", name=name)
        first.create(name)
        settled(place, name)
    first.close()
    second = place.endpoints()
    second.restore()
    begin_update(place, second, "two")
    place.records.delete("Endpoint", "gone")
    second.delete("gone")
    assert settled(place)["EndpointConfigName"] == "two"
    assert ask(second)[0] == "two"
    for thread in threading.enumerate():
        if thread.name == "endpoint-gone":
            thread.join()
    with pytest.raises(ApiError, match="its status is Deleting"):
        ask(second, name="gone")


def test_an_endpoint_that_cannot_be_restored_is_failed(place: Place) -> None:
    place.model("m", b"broken")
    config(place, "bad", variant("v", "m"))
    endpoint(place, "bad", "InService")
    runner = place.endpoints()
    runner.restore()
    record = place.records.wait("Endpoint", "e", lambda record: record["EndpointStatus"] == "Failed", SECONDS)
    assert record["FailureReason"] == ENDED.format("v")
    with pytest.raises(ApiError, match="its status is Failed"):
        ask(runner)


def test_closing_while_servers_start_leaves_nothing(place: Place) -> None:
    place.model("m", b"never ready")
    config(place, "one", variant("v", "m"))
    runner = place.endpoints(Waits(ready=60))
    endpoint(place, "one")
    runner.create("e")
    place.logs.wait_for("/aws/sagemaker/Endpoints/e/v/", 1)
    runner.close()
    record = place.records.get("Endpoint", "e")
    assert record is not None
    assert record["EndpointStatus"] == "Creating"
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("endpoint-")] == []
    runner.create("e")
    runner.restore()


def test_an_endpoint_deleted_while_it_is_made_leaves_nothing(place: Place) -> None:
    config(place, "one")
    runner = place.endpoints()
    endpoint(place, "one")
    runner.create("e")
    place.records.delete("Endpoint", "e")
    for thread in threading.enumerate():
        if thread.name == "endpoint-e":
            thread.join()
    with pytest.raises(ApiError, match="its status is Deleting"):
        ask(runner)


def test_a_bug_of_ours_fails_the_endpoint(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.records.create("EndpointConfig", "odd", {"EndpointConfigName": "odd"})
    runner: EndpointRunner = place.endpoints()
    with caplog.at_level(logging.ERROR):
        record = created(place, runner, "odd")
    assert record["FailureReason"] == (
        "InternalServerError: KeyError: 'ProductionVariants' (a bug of the local SageMaker: see its log)"
    )
    assert "the work on endpoint e failed for a reason of our own" in caplog.text
