from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.gc import request
from pipeline.local.gc.policy import Policy
from pipeline.local.lifecycle import LocalEndpoint
from tests.pipeline.local.api.requests import ROLE, model, training
from tests.pipeline.local.definitions import BUCKET, definition, train
from tests.pipeline.local.fakes import Running, ended, own_moto, running

DAY = 86_400


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Running]:
    """A server of a test's own."""
    with own_moto(), running(tmp_path) as server:
        yield server


def execute(local: Running, pipeline: str = "p") -> tuple[str, str]:
    """Run an execution to its end; returns its name and that of its training job."""
    arn = local.sagemaker.start_pipeline_execution(PipelineName=pipeline)["PipelineExecutionArn"]
    ended(local, arn)
    found = local.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
    job = found["PipelineExecutionSteps"][0]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    return f"{pipeline}/{arn.rpartition('/')[2]}", job


def create(local: Running, pipeline: str = "p") -> None:
    text = definition(train("Train"))
    local.sagemaker.create_pipeline(PipelineName=pipeline, PipelineDefinition=text, RoleArn=ROLE)


def age(local: Running, kind: str, name: str, days: float) -> None:
    local.server.records.update(kind, name, LastModifiedTime=time.time() - days * DAY)


def sweep(local: Running, tmp_path: Path, policy: Policy) -> dict[str, int]:
    """Ask the server, as the command does; returns counts other than 0."""
    keys = local.keys
    at = LocalEndpoint(local.server.url, keys.access_key, keys.secret_key, "us-east-1", "", os.getpid())
    return {each.what: each.count for each in request._ask(at, policy) if each.count}


def names(local: Running, kind: str) -> list[str]:
    return [name for name, _ in local.server.records.items(kind)]


def test_the_newest_executions_stay_with_all_that_is_theirs(local: Running, tmp_path: Path) -> None:
    create(local)
    old, _ = execute(local)
    new, new_job = execute(local)
    expected = {"executions": 1, "steps": 1, "jobs": 1}
    assert sweep(local, tmp_path, Policy(executions=1)) == expected
    assert names(local, "PipelineExecution") == [old, new]
    assert sweep(local, tmp_path, Policy(executions=1, dry_run=False)) == expected
    assert names(local, "PipelineExecution") == [new]
    assert names(local, "PipelineExecutionStep") == [f"{new}/Train"]
    assert names(local, "TrainingJob") == [new_job]
    assert [name.partition("/")[0] for name in names(local, "StartToken")] == ["p"]
    assert sweep(local, tmp_path, Policy(executions=1)) == {}


def test_old_executions_and_jobs_go(local: Running, tmp_path: Path) -> None:
    create(local)
    old, _ = execute(local)
    _, new_job = execute(local)
    for name in ("alone", "young"):
        local.sagemaker.create_training_job(**training(name))
    age(local, "PipelineExecution", old, 31)
    age(local, "TrainingJob", "alone", 31)
    assert sweep(local, tmp_path, Policy(dry_run=False)) == {"executions": 1, "steps": 1, "jobs": 2}
    assert names(local, "TrainingJob") == [new_job, "young"]


def test_what_runs_stays(local: Running, tmp_path: Path) -> None:
    create(local)
    local.jobs.finish = lambda kind, record: None
    arn = local.sagemaker.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"]
    name = f"p/{arn.rpartition('/')[2]}"
    age(local, "PipelineExecution", name, 99)
    assert sweep(local, tmp_path, Policy(0, dry_run=False)) == {}
    assert sweep(local, tmp_path, Policy(executions=0, dry_run=False)) == {}
    assert names(local, "PipelineExecution") == [name]
    local.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    ended(local, arn)


def test_a_job_that_a_later_execution_took_stays(local: Running, tmp_path: Path) -> None:
    create(local)
    old, job = execute(local)
    new, new_job = execute(local)
    step = local.server.records.get("PipelineExecutionStep", f"{old}/Train")
    assert step is not None
    local.server.records.update("PipelineExecutionStep", f"{new}/Train", Metadata=step["Metadata"])
    assert sweep(local, tmp_path, Policy(executions=1, dry_run=False)) == {"executions": 1, "steps": 1}
    assert names(local, "TrainingJob") == [job, new_job]


def test_models_in_use_stay(local: Running, tmp_path: Path) -> None:
    """A model and a configuration that a step made go, unless an endpoint serves them."""
    create(local)
    names_of = ("served", "idle")
    for name in names_of:
        local.sagemaker.create_model(**model(name))
        variant = {
            "VariantName": "a",
            "ModelName": name,
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
        }
        local.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    local.sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="served")
    old, _ = execute(local)
    for name in names_of:
        metadata = {
            kind: {"Arn": local.server.records.get(kind, name)[f"{kind}Arn"]}  # type: ignore[index]
            for kind in ("Model", "EndpointConfig")
        }
        record = {"StepName": name, "StepType": "Model", "StepStatus": "Succeeded", "Metadata": metadata}
        local.server.records.create("PipelineExecutionStep", f"{old}/{name}", record)
    sweep(local, tmp_path, Policy(executions=0, dry_run=False))
    assert names(local, "Model") == names(local, "EndpointConfig") == ["served"]


def test_outputs_go_only_if_asked_for_and_unused(local: Running, tmp_path: Path) -> None:
    create(local)
    first, _ = execute(local)
    second, _ = execute(local)
    s3 = local.client("s3")
    ids = [name.partition("/")[2] for name in (first, second)]
    keys = [f"p/executions/{each}/model.tar.gz" for each in ids] + ["users/data.csv"]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x" * 10)
    used = model("used")
    used["PrimaryContainer"]["ModelDataUrl"] = f"s3://{BUCKET}/{keys[1]}"
    local.sagemaker.create_model(**used)
    assert "objects of S3" not in sweep(local, tmp_path, Policy(executions=0))
    found = sweep(local, tmp_path, Policy(executions=0, outputs=True, dry_run=False))
    assert found["objects of S3"] == 1
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == sorted(keys[1:])


def test_logs_folders_and_environments(local: Running, tmp_path: Path) -> None:
    create(local)
    _, job = execute(local)
    logs: Any = local.client("logs")
    group = "/aws/sagemaker/TrainingJobs"
    logs.create_log_group(logGroupName=group)
    for stream in (f"{job}/algo-1-1", "nobody/algo-1-1"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": int(time.time() * 1000), "message": "hello"}],
        )
    jobs, python = tmp_path / "local/jobs/TrainingJob", tmp_path / "local/python"
    for name in (job, "nobody"):
        (jobs / name).mkdir(parents=True)
    for name, days in (("old", 40), ("young", 1)):
        (python / name).mkdir(parents=True)
        (python / name / "done").touch()
        then = time.time() - days * DAY
        os.utime(python / name / "done", (then, then))
    found = sweep(local, tmp_path, Policy(dry_run=False))
    assert found == {"log streams": 1, "folders of jobs": 1, "environments of Python": 1}
    assert [
        each["logStreamName"] for each in logs.describe_log_streams(logGroupName=group)["logStreams"]
    ] == [f"{job}/algo-1-1"]
    assert [each.name for each in jobs.iterdir()] == [job]
    assert [each.name for each in python.iterdir() if each.is_dir()] == ["young"]


def test_contents_of_no_object(local: Running, tmp_path: Path) -> None:
    contents = tmp_path / "local/aws/contents"
    local.client("s3").put_object(Bucket=BUCKET, Key="k", Body=b"x" * 3_000_000)
    for name, days in (("old", 1), ("young", 0)):
        (contents / name).write_bytes(b"x")
        os.utime(contents / name, (time.time() - days * DAY,) * 2)
    for path in contents.iterdir():
        if len(path.name) == 32:
            os.utime(path, (0, 0))
    assert sweep(local, tmp_path, Policy(dry_run=False)) == {"contents of no object": 1}
    assert not (contents / "old").exists()
    assert (contents / "young").exists()
    assert len(local.client("s3").get_object(Bucket=BUCKET, Key="k")["Body"].read()) == 3_000_000


def test_without_a_server(tmp_path: Path) -> None:
    assert request.sweep(tmp_path / "none", Policy()) == []
    with own_moto(), running(tmp_path) as local:
        create(local)
        execute(local)
        local.client("s3").put_object(Bucket=BUCKET, Key="k", Body=b"x")
    with own_moto():
        found = request.sweep(tmp_path, Policy(executions=0, dry_run=False))
        assert {each.what: each.count for each in found if each.count} == {
            "executions": 1,
            "steps": 1,
            "jobs": 1,
        }
    with own_moto(), running(tmp_path) as local:
        assert names(local, "PipelineExecution") == []
        assert names(local, "Pipeline") == ["p"]
        assert local.client("s3").get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"x"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"days": -1}, "neither days nor executions can be negative"),
        ({"executions": -1}, "neither days nor executions can be negative"),
        ({"days": "x"}, "not supported between"),
        ({"unknown": 1}, "unexpected keyword argument 'unknown'"),
    ],
)
def test_policies_that_do_not_fit(told: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Policy.of(told)


def test_what_is_damaged_goes_when_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with own_moto(), running(tmp_path):
        pass
    local = tmp_path / "local"
    with closing(sqlite3.connect(local / "aws" / "aws.db")) as database, database:
        database.execute("UPDATE services SET body = 'damaged' WHERE name = 's3'")
    (local / "records.db").write_bytes(b"damaged" * 1000)
    with own_moto(), running(tmp_path) as server:
        (aside,) = local.glob("records.db.damaged-*")
        assert sweep(server, tmp_path, Policy(dry_run=False)) == {}
        expected = {"damaged files": 1, "damaged parts": 1}
        assert sweep(server, tmp_path, Policy(damaged=True)) == expected
        assert aside.exists()
        assert sweep(server, tmp_path, Policy(damaged=True, dry_run=False)) == expected
        assert not aside.exists()
        assert sweep(server, tmp_path, Policy(damaged=True)) == {}
    assert "cannot read" in caplog.text
