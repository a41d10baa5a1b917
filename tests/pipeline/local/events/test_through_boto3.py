"""What starts pipelines, and what pipelines and jobs tell, on a server with stand-ins."""

from __future__ import annotations

from pipeline.local.arns import arn
from pipeline.local.events.firing import FIRING
from pipeline.local.events.guard import LIMITS
from tests.pipeline.local.api.requests import training
from tests.pipeline.local.events.bus import Bus, bucket, pipeline
from tests.pipeline.local.fakes import Running


def test_the_upload_of_a_marker_starts_an_execution(server: Running, bus: Bus, name: str) -> None:
    s3 = bucket(server, name)
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [name]}, "object": {"key": [{"wildcard": "train/*_READY"}]}},
    }
    bus.rule(pattern, pipeline(server, name, Key="$.detail.object.key", Bucket="$.detail.bucket.name"))
    s3.put_object(Bucket=name, Key="train/1.jpg", Body=b"x")
    s3.put_object(Bucket=name, Key="train/_READY", Body=b"")
    (firing,) = bus.fired()
    assert firing["Status"] == "Delivered"
    answer = server.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=firing["Result"])
    assert answer["PipelineParameters"] == [
        {"Name": "Bucket", "Value": name},
        {"Name": "Key", "Value": "train/_READY"},
    ]
    executions = server.sagemaker.list_pipeline_executions(PipelineName=name)
    assert len(executions["PipelineExecutionSummaries"]) == 1


def test_an_approval_starts_an_execution(server: Running, bus: Bus, name: str) -> None:
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": [name], "ModelApprovalStatus": ["Approved"]},
    }
    bus.rule(pattern, pipeline(server, name, ModelPackageArn="$.detail.ModelPackageArn"))
    server.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    package = server.sagemaker.create_model_package(ModelPackageGroupName=name)["ModelPackageArn"]
    assert bus.fired() == []
    server.sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    (firing,) = bus.fired()
    answer = server.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=firing["Result"])
    assert answer["PipelineParameters"] == [{"Name": "ModelPackageArn", "Value": package}]


def test_the_states_of_a_job(server: Running, bus: Bus, name: str) -> None:
    bus.rule({"source": ["aws.sagemaker"], "detail": {"TrainingJobName": [name]}})
    server.sagemaker.create_training_job(**training(name), Tags=[{"Key": "a", "Value": "b"}])
    first, last = bus.received(2)
    assert [each["detail"]["TrainingJobStatus"] for each in (first, last)] == ["InProgress", "Completed"]
    assert last["detail-type"] == "SageMaker Training Job State Change"
    assert last["resources"] == [arn("TrainingJob", name)]
    assert last["detail"]["Tags"] == {"a": "b"}
    assert isinstance(last["detail"]["CreationTime"], int)


def test_the_states_of_an_execution_and_its_steps(server: Running, bus: Bus, name: str) -> None:
    target = pipeline(server, name)
    bus.rule({"source": ["aws.sagemaker"], "detail": {"pipelineArn": [target["Arn"]]}})
    execution = server.sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    found = [(each["detail-type"].split()[-3], each["detail"]) for each in bus.received(4)]
    assert all(detail["pipelineExecutionArn"] == execution for _, detail in found)
    key = {"Execution": "PipelineExecutionStatus", "Step": "StepStatus"}
    told = [
        (kind, detail.get(f"previous{key[kind]}"), detail[f"current{key[kind]}"]) for kind, detail in found
    ]
    assert told == [
        ("Execution", None, "Executing"),
        ("Step", None, "Executing"),
        ("Step", "Executing", "Failed"),
        ("Execution", "Executing", "Failed"),
    ]
    step, end = found[2][1], found[3][1]
    assert (step["stepName"], step["stepType"], step["failureReason"]) == ("End", "Fail", "over")
    assert "executionEndTime" in end
    assert "executionEndTime" not in found[0][1]


def test_a_schedule_starts_an_execution(server: Running, name: str) -> None:
    target = pipeline(server, name, Why="x")
    target.pop("Id")
    target["SageMakerPipelineParameters"]["PipelineParameterList"][0]["Value"] = "scheduled"
    scheduler = server.client("scheduler")
    made = scheduler.create_schedule(
        Name=name,
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )["ScheduleArn"]
    # Done, if the server's own thread has not done it yet.
    server.server.bridge.run_due()
    (fired,) = [each for each in server.server.records.list(FIRING) if each["Source"] == made]
    ended = server.wait_for(FIRING, fired["FiringId"], Status="Delivered")
    answer = server.sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=ended["Result"])
    assert answer["PipelineParameters"] == [{"Name": "Why", "Value": "scheduled"}]
    scheduler.delete_schedule(Name=name)


def test_a_pipeline_that_writes_what_starts_it_is_stopped(server: Running, bus: Bus, name: str) -> None:
    s3 = bucket(server, name)
    bus.rule({"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}}, pipeline(server, name))
    for number in range(LIMITS[0][1] + 1):
        s3.put_object(Bucket=name, Key=str(number), Body=b"")
    assert [each["Status"] for each in bus.fired()] == ["Delivered"] * LIMITS[0][1] + ["Failed"]
    assert bus.events.describe_rule(Name=name)["State"] == "DISABLED"
