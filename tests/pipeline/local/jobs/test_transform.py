from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.local.jobs.catalog import Image
from pipeline.local.jobs.folder import JobFolder
from pipeline.local.jobs.job import Waits
from pipeline.local.records import RecordsClosed

from .place import ROLE, Place, wait_for_threads
from .programs import is_alive
from .servers import SERVER

Transform = Callable[..., str]


@pytest.fixture
def transform(place: Place) -> Transform:
    """Records a model and a transform job of it, and returns the job's name."""

    def record(model: bytes = b"hello", image: str = "serve:1", **fields: Any) -> str:
        name = f"transform-{len(place.records.list('TransformJob'))}"
        place.model(name, model, image, Environment={"FROM_MODEL": "1", "BOTH": "model"})
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": place.uri("images/")}}
        job = {
            "TransformJobName": name,
            "TransformJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:transform-job/{name}",
            "TransformJobStatus": "InProgress",
            "ModelName": name,
            "TransformInput": {"DataSource": source, "ContentType": "application/x-image"},
            "TransformOutput": {"S3OutputPath": place.uri("scores"), "Accept": "application/json"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            "CreationTime": 1.0,
            **fields,
        }
        place.records.create("TransformJob", name, job)
        return name

    return record


def test_every_object_goes_through_the_model(place: Place, transform: Transform) -> None:
    for number in range(5):
        place.write(f"images/cat/{number}.jpg", f"image {number}".encode())
    name = transform(MaxConcurrentTransforms=2)
    place.runner(serve=SERVER).start("TransformJob", name)
    record = place.finish("TransformJob", name)
    assert record["TransformJobStatus"] == "Completed"
    assert 1 < record["TransformStartTime"] <= record["TransformEndTime"]
    assert place.keys("scores") == [f"scores/cat/{number}.jpg.out" for number in range(5)]
    *answer, pid = json.loads(place.read("scores/cat/3.jpg.out"))
    assert answer == ["hello", "image 3", "application/x-image", "application/json"]
    assert not is_alive(pid)
    assert place.log("TransformJob", name) == ["serving hello"]


def test_a_manifest_selects_objects(place: Place, transform: Transform) -> None:
    for name in ("cat/1.jpg", "cat/2.jpg", "dog/3.jpg"):
        place.write(f"images/{name}", b"image")
    manifest = [{"prefix": place.uri("images/")}, "cat/2.jpg", "dog/3.jpg"]
    place.write("validation.manifest", json.dumps(manifest).encode())
    source = {"S3DataType": "ManifestFile", "S3Uri": place.uri("validation.manifest")}
    name = transform(
        TransformInput={"DataSource": {"S3DataSource": source}},
        TransformOutput={"S3OutputPath": place.uri("scores/"), "AssembleWith": "Line"},
    )
    place.runner(serve=SERVER).start("TransformJob", name)
    assert place.finish("TransformJob", name)["TransformJobStatus"] == "Completed"
    assert place.keys("scores") == ["scores/cat/2.jpg.out", "scores/dog/3.jpg.out"]
    assert place.read("scores/cat/2.jpg.out").startswith(b'["hello", "image", null, null, ')
    assert place.read("scores/cat/2.jpg.out").endswith(b"]\n")


def test_the_server_gets_the_environment_of_model_and_job(place: Place, transform: Transform) -> None:
    place.write("images/x", b"environment")
    name = transform(
        Environment={"FROM_JOB": "2", "BOTH": "job", "FILE": "/opt/ml/model/x"}, MaxPayloadInMB=3
    )
    place.runner(serve=SERVER).start("TransformJob", name)
    assert place.finish("TransformJob", name)["TransformJobStatus"] == "Completed"
    seen = json.loads(place.read("scores/x.out"))
    assert (seen["FROM_MODEL"], seen["FROM_JOB"], seen["BOTH"]) == ("1", "2", "job")
    assert seen["FILE"] == seen["SAGEMAKER_BASE_DIR"] + "/model/x"
    assert seen["SAGEMAKER_BATCH"] == "true"
    assert seen["SAGEMAKER_MAX_PAYLOAD_IN_MB"] == "3"
    assert "SECRET" not in seen


@pytest.mark.parametrize(
    ("body", "reason", "lines"),
    [
        pytest.param(
            b"bad image",
            "ClientError: See job logs for more information (1 of 3 records failed; "
            "s3://{bucket}/images/b: status 400: this is no image)",
            [
                "[sagemaker logs]: {bucket}/images/b: ClientError: 400",
                "[sagemaker logs]: {bucket}/images/b: ",
                "[sagemaker logs]: {bucket}/images/b: Message:",
                "[sagemaker logs]: {bucket}/images/b: this is no image",
            ],
            id="refused",
        ),
        pytest.param(
            b"bug",
            "AlgorithmError: See job logs for more information (1 of 3 records failed; "
            "s3://{bucket}/images/b: status 500: a bug in the model)",
            [
                "[sagemaker logs]: {bucket}/images/b: AlgorithmError: 500",
                "[sagemaker logs]: {bucket}/images/b: ",
                "[sagemaker logs]: {bucket}/images/b: Message:",
                "[sagemaker logs]: {bucket}/images/b: a bug in the model",
            ],
            id="server-error",
        ),
        pytest.param(
            b"x" * (1024 * 1024 + 1),
            "ClientError: See job logs for more information (1 of 3 records failed; "
            "s3://{bucket}/images/b: Too much data for max payload size)",
            ["[sagemaker logs]: {bucket}/images/b: Too much data for max payload size"],
            id="too-large",
        ),
    ],
)
def test_a_record_that_fails_is_named_and_the_others_go_on(
    place: Place, transform: Transform, body: bytes, reason: str, lines: list[str]
) -> None:
    place.write("images/a", b"image")
    place.write("images/b", body)
    place.write("images/c", b"image")
    name = transform(MaxPayloadInMB=1)
    place.runner(serve=SERVER).start("TransformJob", name)
    record = place.finish("TransformJob", name)
    assert record["TransformJobStatus"] == "Failed"
    assert record["FailureReason"] == reason.format(bucket=place.bucket)
    assert place.keys("scores") == ["scores/a.out", "scores/c.out"]
    data_log = place.log("TransformJob", name, "/data-log")
    assert data_log == [line.format(bucket=place.bucket) for line in lines]


def test_no_payload_is_too_large_without_a_limit(place: Place, transform: Transform) -> None:
    place.write("images/a", b"x" * (7 * 1024 * 1024))
    name = transform(MaxPayloadInMB=0)
    place.runner(serve=SERVER).start("TransformJob", name)
    assert place.finish("TransformJob", name)["TransformJobStatus"] == "Completed"


def test_a_server_that_dies_ends_the_job(place: Place, transform: Transform) -> None:
    place.write("images/a", b"die")
    for number in range(20):
        place.write(f"images/b{number}", b"image")
    name = transform()
    place.runner(serve=SERVER).start("TransformJob", name)
    assert place.finish("TransformJob", name)["FailureReason"] == (
        "AlgorithmError: See job logs for more information (1 of 21 records failed; "
        f"s3://{place.bucket}/images/a: no answer: the server ended with exit code 7)"
    )
    assert place.keys("scores") == []


def test_an_answer_that_takes_too_long_ends_the_job(place: Place, transform: Transform) -> None:
    place.write("images/a", b"slow")
    name = transform(ModelClientConfig={"InvocationsTimeoutInSeconds": 0.05})
    place.runner(serve=SERVER).start("TransformJob", name)
    assert place.finish("TransformJob", name)["FailureReason"] == (
        "AlgorithmError: See job logs for more information (1 of 1 records failed; "
        f"s3://{place.bucket}/images/a: no answer: timed out)"
    )


def test_a_server_error_is_tried_again_if_asked(place: Place, transform: Transform) -> None:
    flaky = SERVER.replace(
        'if body == b"bug":',
        'if body == b"bug" and not (base / "seen").exists() and not (base / "seen").touch():',
    )
    place.write("images/a", b"bug")
    name = transform(ModelClientConfig={"InvocationsMaxRetries": 1})
    place.runner(serve=flaky).start("TransformJob", name)
    assert place.finish("TransformJob", name)["TransformJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(
            {"model": b"broken"},
            "AlgorithmError: the model's server is not ready: it ended with exit code 3 before it answered "
            "GET /ping: serving broken\ncannot load the model. See job logs.",
            id="does-not-start",
        ),
        pytest.param(
            {
                "TransformInput": {
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://no/x"}}
                }
            },
            'ClientError: Data download failed: No S3 objects found under S3 URL "s3://no/x" given in input '
            'data source. Please ensure that the bucket exists in the selected region ("us-east-1"), that '
            f'objects exist under that S3 prefix, and that the role "{ROLE}" has "s3:ListBucket" permissions '
            'on bucket "no".',
            id="no-objects",
        ),
        pytest.param(
            {"ModelName": "nobody"},
            "ClientError: Data download failed: "
            'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/nobody".',
            id="no-model",
        ),
        pytest.param(
            {"image": "r.io/sagemaker-xgboost:1"},
            "ClientError: no program stands for image 'r.io/sagemaker-xgboost:1' in serving, so the local "
            "SageMaker does not run it: no containers run here; the images known for serving are serve",
            id="unknown-image",
        ),
        pytest.param(
            {"TransformOutput": {"S3OutputPath": "s3://no-such-bucket-anywhere/x"}},
            "ClientError: Artifact upload failed: "
            "NoSuchBucket: The specified bucket does not exist: no-such-bucket-anywhere",
            id="no-output-bucket",
        ),
    ],
)
def test_a_job_that_cannot_run_says_why(
    place: Place, transform: Transform, make: dict[str, Any], reason: str
) -> None:
    place.write("images/a", b"image")
    name = transform(**make)
    place.runner(serve=SERVER).start("TransformJob", name)
    assert place.finish("TransformJob", name)["FailureReason"] == reason


def test_a_server_that_is_never_ready_fails_the_job(place: Place, transform: Transform) -> None:
    place.write("images/a", b"image")
    name = transform(model=b"never ready")
    place.runner(Waits(ready=0.3), serve=SERVER).start("TransformJob", name)
    assert place.finish("TransformJob", name)["FailureReason"].startswith(
        "AlgorithmError: the model's server is not ready: it did not answer GET /ping with 200 within 0.3 s"
    )


def test_a_server_without_a_program(place: Place, transform: Transform) -> None:
    place.write("images/a", b"image")
    name = transform()
    runner = place.runner(images={"serve": Image(serve=("no-such-program",))})
    runner.start("TransformJob", name)
    assert place.finish("TransformJob", name)["FailureReason"] == (
        "AlgorithmError: cannot start 'no-such-program': No such file or directory, exit code: 127"
    )


@pytest.mark.parametrize("is_stored", [True, False], ids=["after an output", "before an output"])
def test_a_job_goes_on_after_a_kill_of_the_server(
    place: Place, transform: Transform, monkeypatch: pytest.MonkeyPatch, is_stored: bool
) -> None:
    """What is done is not done again; the model's server is another one, and has the same log."""
    for number in range(4):
        place.write(f"images/{number}", f"image {number}".encode())
    name = transform()
    write = place.objects.write

    def killed(bucket: str, key: str, data: bytes) -> None:
        if key < "scores/2.out" or (is_stored and key == "scores/2.out"):
            write(bucket, key, data)
        if key >= "scores/2.out":
            # As in a server that is killed, nothing more is recorded.
            raise RecordsClosed("killed")

    with monkeypatch.context() as patch:
        patch.setattr(place.objects, "write", killed)
        place.runner(serve=SERVER).start("TransformJob", name)
        wait_for_threads(name)
    first = place.records.get("TransformJob", name)
    assert first is not None
    assert first["TransformJobStatus"] == "InProgress"
    written: list[str] = []

    def note(bucket: str, key: str, data: bytes) -> None:
        written.append(key)
        write(bucket, key, data)

    monkeypatch.setattr(place.objects, "write", note)
    assert place.runner(serve=SERVER).adopt() == {("TransformJob", name)}
    record = place.finish("TransformJob", name)
    assert (record["TransformJobStatus"], record["TransformStartTime"]) == (
        "Completed",
        first["TransformStartTime"],
    )
    assert written == ["scores/2.out", "scores/3.out"]
    assert place.keys("scores") == [f"scores/{number}.out" for number in range(4)]
    pids = {json.loads(place.read(f"scores/{number}.out"))[-1] for number in range(4)}
    assert len(pids) == 2
    assert place.log("TransformJob", name) == ["serving hello", "serving hello"]


def test_a_job_that_was_being_stopped_is_stopped_by_the_next_server(
    place: Place, transform: Transform
) -> None:
    place.write("images/a", b"image")
    name = transform(TransformJobStatus="Stopping")
    JobFolder(place.home / "local" / "jobs" / "TransformJob" / name).make()
    place.runner(serve=SERVER).adopt()
    assert place.finish("TransformJob", name)["TransformJobStatus"] == "Stopped"
    assert place.keys("scores") == []
