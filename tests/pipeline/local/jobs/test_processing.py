from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.local.jobs.job import Waits

from .place import ROLE, Place

Processing = Callable[..., str]
ML = "/opt/ml/processing"


def s3_input(name: str, uri: str, kind: str = "S3Prefix") -> dict[str, Any]:
    source = {"S3Uri": uri, "LocalPath": f"{ML}/input/{name}", "S3DataType": kind, "S3InputMode": "File"}
    return {"InputName": name, "S3Input": source}


def s3_output(name: str, uri: str, mode: str = "EndOfJob") -> dict[str, Any]:
    target = {"S3Uri": uri, "LocalPath": f"{ML}/output/{name}", "S3UploadMode": mode}
    return {"OutputName": name, "S3Output": target}


# Copies all inputs to the output "copy" and says what it sees.
COPY = """
    import json, os, sys
    from pathlib import Path
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    source = base / "processing" / "input"
    target = base / "processing" / "output" / "copy"
    for path in sorted(source.rglob("*")):
        if path.is_file():
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            print(path.relative_to(source))
    config = json.loads((base / "config" / "processingjobconfig.json").read_text())
    print([entry["S3Input"]["S3Uri"] for entry in config["ProcessingInputs"]], file=sys.stderr)
"""


def test_a_job_goes_from_inputs_to_outputs(place: Place, processing: Processing) -> None:
    place.write("train/cat/1.jpg", b"cat")
    place.write("train/dog/2.jpg", b"dog")
    place.write("data/x.csv", b"csv")
    manifest = [{"prefix": place.uri("train/")}, "dog/2.jpg"]
    place.write("the.manifest", json.dumps(manifest).encode())
    name = processing(
        COPY,
        ProcessingInputs=[
            s3_input("train", place.uri("train")),
            s3_input("one", place.uri("data/x.csv")),
            s3_input("some", place.uri("the.manifest"), "ManifestFile"),
        ],
        ProcessingOutputConfig={"Outputs": [s3_output("copy", place.uri("run/copy"))]},
    )
    place.runner().start("ProcessingJob", name)
    record = place.finish("ProcessingJob", name)
    assert record["ProcessingJobStatus"] == "Completed"
    assert "FailureReason" not in record
    assert "ExitMessage" not in record
    assert 1 < record["ProcessingStartTime"] <= record["ProcessingEndTime"] == record["LastModifiedTime"]
    assert place.keys("run/") == [
        "run/copy/one/x.csv",
        "run/copy/some/dog/2.jpg",
        "run/copy/train/cat/1.jpg",
        "run/copy/train/dog/2.jpg",
    ]
    assert place.read("run/copy/train/cat/1.jpg") == b"cat"
    uris = [place.uri("train"), place.uri("data/x.csv"), place.uri("the.manifest")]
    assert place.log("ProcessingJob", name) == [
        "one/x.csv",
        "some/dog/2.jpg",
        "train/cat/1.jpg",
        "train/dog/2.jpg",
        str(uris),
    ]


def test_paths_are_those_of_this_machine(place: Place, processing: Processing) -> None:
    place.write("code/run.py", b"import os, sys; print(sys.argv, os.environ['FILE'], os.environ['TEXT'])")
    name = processing(
        "",
        AppSpecification={
            "ImageUri": "script:1",
            "ContainerEntrypoint": ["python3", f"{ML}/input/code/run.py"],
            "ContainerArguments": ["--path", f"{ML}/input/code", "--number", "1"],
        },
        Environment={"FILE": "/opt/ml/x", "TEXT": "y"},
        ProcessingInputs=[s3_input("code", place.uri("code/run.py"))],
    )
    runner = place.runner()
    runner.start("ProcessingJob", name)
    assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Completed"
    runner.close()
    ml = place.home / "local" / "jobs" / "ProcessingJob" / name / "ml"
    code = f"{ml}/processing/input/code"
    assert place.log("ProcessingJob", name) == [
        f"['{code}/run.py', '--path', '{code}', '--number', '1'] {ml}/x y"
    ]
    assert not ml.exists()


def test_a_job_gets_only_the_environment_of_the_contract(place: Place, processing: Processing) -> None:
    name = processing("import os; print(*sorted(os.environ))", Environment={"MINE": "1"})
    place.runner().start("ProcessingJob", name)
    assert place.finish("ProcessingJob", name)["ProcessingJobStatus"] == "Completed"
    (line,) = place.log("ProcessingJob", name)
    assert [word for word in line.split() if word != "LC_CTYPE"] == [
        "AWS_REGION",
        "HOME",
        "MINE",
        "OMP_NUM_THREADS",
        "PATH",
        "PROCESSING_JOB_ARN",
        "PROCESSING_JOB_NAME",
        "PYTHONUNBUFFERED",
        "SAGEMAKER_BASE_DIR",
        "TMPDIR",
        "TORCH_HOME",
    ]


FAIL = """
    import os
    from pathlib import Path
    base = Path(os.environ["SAGEMAKER_BASE_DIR"])
    for name in ("always", "success"):
        (base / "processing/output" / name / "f").write_text("x")
    (base / "output/message").write_text({message!r})
    raise SystemExit({code})
"""


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        pytest.param("2 checks failed", 1, "AlgorithmError: 2 checks failed, exit code: 1", id="message"),
        pytest.param(
            "", 3, "AlgorithmError: See job logs for more information, exit code: 3", id="no-message"
        ),
        pytest.param(
            "x" * 2000, 1, "AlgorithmError: " + "x" * 993 + "…, exit code: 1", id="message-too-long"
        ),
    ],
)
def test_a_failed_job_says_why_and_delivers_what_is_continuous(
    place: Place, processing: Processing, message: str, code: int, reason: str
) -> None:
    outputs = [
        s3_output("always", place.uri("always"), "Continuous"),
        s3_output("success", place.uri("success")),
    ]
    source = FAIL.format(message=message, code=code)
    name = processing(source, ProcessingOutputConfig={"Outputs": outputs})
    place.runner().start("ProcessingJob", name)
    record = place.finish("ProcessingJob", name)
    assert record["ProcessingJobStatus"] == "Failed"
    assert record["FailureReason"] == reason
    assert len(reason) <= 1024
    expected = message if len(message) <= 1024 else message[:1023] + "…"
    assert record.get("ExitMessage", "") == expected
    assert place.keys("always") == ["always/f"]
    assert place.keys("success") == []
    assert (place.home / "local" / "jobs" / "ProcessingJob" / name / "ml").is_dir()


def test_a_message_of_success_is_kept(place: Place, processing: Processing) -> None:
    name = processing(FAIL.format(message="all is well", code=0).replace('("always", "success")', "()"))
    place.runner().start("ProcessingJob", name)
    record = place.finish("ProcessingJob", name)
    assert (record["ProcessingJobStatus"], record["ExitMessage"]) == ("Completed", "all is well")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(
            lambda place: s3_input("train", place.uri("none/")),
            'No S3 objects found under S3 URL "{uri}none/" given in input data source. Please ensure that '
            'the bucket exists in the selected region ("us-east-1"), that objects exist under that S3 '
            'prefix, and that the role "{role}" has "s3:ListBucket" permissions on bucket "{bucket}".',
            id="no-objects",
        ),
        pytest.param(
            lambda place: s3_input("train", place.uri("missing.manifest"), "ManifestFile"),
            "NoSuchKey: The specified key does not exist: {uri}missing.manifest",
            id="no-manifest",
        ),
        pytest.param(
            lambda place: s3_input("train", place.uri("evil/")),
            "'{uri}evil/../../../x' cannot be copied: its path '../../../x' leads out of the folder that it "
            "belongs in",
            id="hostile-key",
        ),
    ],
)
def test_inputs_that_cannot_be_had_are_named(
    place: Place, processing: Processing, make: Callable[[Place], dict[str, Any]], reason: str
) -> None:
    place.write("evil/../../../x", b"")
    name = processing("print('never')", ProcessingInputs=[make(place)])
    place.runner().start("ProcessingJob", name)
    record = place.finish("ProcessingJob", name)
    text = reason.format(uri=place.uri(), role=ROLE, bucket=place.bucket)
    assert record["FailureReason"] == f"ClientError: Data download failed: {text}"
    assert place.log("ProcessingJob", name) == []


def test_outputs_that_cannot_be_stored_are_named(place: Place, processing: Processing) -> None:
    outputs = [s3_output("copy", "s3://no-such-bucket-anywhere/x")]
    name = processing("pass", ProcessingOutputConfig={"Outputs": outputs})
    place.runner().start("ProcessingJob", name)
    assert place.finish("ProcessingJob", name)["FailureReason"] == (
        "ClientError: Artifact upload failed: "
        "NoSuchBucket: The specified bucket does not exist: no-such-bucket-anywhere"
    )


def test_a_program_that_is_not_there(place: Place, processing: Processing) -> None:
    app = {"ImageUri": "script", "ContainerEntrypoint": ["/opt/ml/processing/input/code/none.sh"]}
    name = processing("", AppSpecification=app)
    place.runner().start("ProcessingJob", name)
    record = place.finish("ProcessingJob", name)
    assert record["FailureReason"] == ("AlgorithmError: See job logs for more information, exit code: 127")
    (line,) = place.log("ProcessingJob", name)
    assert line.startswith("cannot start '")
    assert line.endswith("none.sh': No such file or directory")


def test_a_job_that_runs_too_long_is_stopped(place: Place, processing: Processing) -> None:
    name = processing("import time; time.sleep(60)", StoppingCondition={"MaxRuntimeInSeconds": 0.2})
    place.runner(Waits(grace=1)).start("ProcessingJob", name)
    record = place.finish("ProcessingJob", name)
    assert record["ProcessingJobStatus"] == "Stopped"
    assert record["FailureReason"] == "the job ran longer than its MaxRuntimeInSeconds of 0.2"
