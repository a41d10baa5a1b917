from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.local.execution.execution import FAILURE
from pipeline.local.records import Record
from tests.pipeline.local.api.requests import IMAGE, ROLE
from tests.pipeline.local.definitions import (
    BUCKET,
    definition,
    fail,
    gate,
    get,
    join,
    process,
    score,
    step,
    train,
)
from tests.pipeline.local.fakes import COMPLETED, Running, complete, ended


def execute(server: Running, name: str, text: str, **more: Any) -> dict[str, Any]:
    """Run a definition to its end; returns the response of DescribePipelineExecution."""
    client = server.sagemaker
    client.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
    own = client.start_pipeline_execution(PipelineName=name, **more)["PipelineExecutionArn"]
    ended(server, own)
    described: dict[str, Any] = client.describe_pipeline_execution(PipelineExecutionArn=own)
    return described


def steps_of(server: Running, execution: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The steps of an execution by name, in the order of their start."""
    listed = server.sagemaker.list_pipeline_execution_steps(
        PipelineExecutionArn=execution["PipelineExecutionArn"], SortOrder="Ascending"
    )
    return {item["StepName"]: item for item in listed["PipelineExecutionSteps"]}


def statuses(server: Running, execution: dict[str, Any]) -> dict[str, str]:
    return {name: item["StepStatus"] for name, item in steps_of(server, execution).items()}


def whole(name: str) -> str:
    """A pipeline with every type of step."""
    report = f"s3://{BUCKET}/{name}/report"
    files = [{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "report.json"}]
    accuracy = {"Std:JsonGet": {"PropertyFile": get("Steps.Check.PropertyFiles.Report"), "Path": "accuracy"}}
    container = {"Image": IMAGE, "ModelDataUrl": get("Steps.Train.ModelArtifacts.S3ModelArtifacts")}
    variant = {
        "VariantName": "All",
        "ModelName": get("Steps.Create.ModelName"),
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    specification = {
        "Containers": [container],
        "SupportedContentTypes": ["image/png"],
        "SupportedResponseMIMETypes": ["application/json"],
    }
    return definition(
        process("Check", {"report": report}, PropertyFiles=files),
        train("Train", DependsOn=["Check"]),
        step("Create", "Model", {"PrimaryContainer": container, "ExecutionRoleArn": ROLE}),
        score("Score", get("Steps.Create.ModelName")),
        gate(
            "Gate",
            accuracy,
            [
                step(
                    "Register",
                    "RegisterModel",
                    {"ModelPackageGroupName": name, "InferenceSpecification": specification},
                ),
                step(
                    "Config",
                    "EndpointConfig",
                    {"EndpointConfigName": name, "ProductionVariants": [variant]},
                    DependsOn=["Register"],
                ),
                step(
                    "Deploy",
                    "Endpoint",
                    {"EndpointName": name, "EndpointConfigName": get("Steps.Config.EndpointConfigName")},
                ),
            ],
            [fail("Reject", join("accuracy ", accuracy, " is below ", get("Parameters.Threshold")))],
            at_least=get("Parameters.Threshold"),
        ),
        parameters={"Threshold": 0.9},
    )


@pytest.fixture
def reported(server: Running, name: str) -> str:
    """A name whose Check step finds a report of accuracy 0.95."""
    body = json.dumps({"accuracy": 0.95}).encode()
    server.client("s3").put_object(Bucket=BUCKET, Key=f"{name}/report/report.json", Body=body)
    return name


class TestAllTypes:
    def test_the_branch_that_is_chosen_runs(self, server: Running, reported: str) -> None:
        execution = execute(server, reported, whole(reported))
        assert execution["PipelineExecutionStatus"] == "Succeeded"
        assert "FailureReason" not in execution
        steps = steps_of(server, execution)
        assert set(steps) == {"Check", "Train", "Create", "Score", "Gate", "Register", "Config", "Deploy"}
        assert {item["StepStatus"] for item in steps.values()} == {"Succeeded"}
        assert steps["Gate"]["Metadata"] == {"Condition": {"Outcome": "True"}}
        identity = execution["PipelineExecutionArn"].rpartition("/")[2]
        job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"]
        assert job.rpartition("/")[2].startswith(f"pipelines-{identity}-Train-")

    def test_each_step_leaves_what_it_made(self, server: Running, reported: str) -> None:
        execution = execute(server, reported, whole(reported))
        made = {name: item["Metadata"] for name, item in steps_of(server, execution).items()}
        client = server.sagemaker
        identity = execution["PipelineExecutionArn"].rpartition("/")[2]

        endpoint = client.describe_endpoint(EndpointName=reported)
        assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == (
            "InService",
            f"{reported}-{identity}",
        )
        config = client.describe_endpoint_config(EndpointConfigName=f"{reported}-{identity}")
        model = config["ProductionVariants"][0]["ModelName"]
        assert made["Create"]["Model"]["Arn"].endswith(f":model/{model}")
        artifact = client.describe_model(ModelName=model)["PrimaryContainer"]["ModelDataUrl"]
        job = made["Train"]["TrainingJob"]["Arn"].rpartition("/")[2]
        assert artifact == f"s3://b/out/{job}/output/model.tar.gz"
        transform = made["Score"]["TransformJob"]["Arn"].rpartition("/")[2]
        assert client.describe_transform_job(TransformJobName=transform)["ModelName"] == model
        package = client.describe_model_package(ModelPackageName=made["Register"]["RegisterModel"]["Arn"])
        assert package["ModelPackageArn"].endswith(f":model-package/{reported}/1")
        assert package["MetadataProperties"]["GeneratedBy"] == execution["PipelineExecutionArn"]
        tags = client.list_tags(ResourceArn=made["Train"]["TrainingJob"]["Arn"])["Tags"]
        assert tags == [
            {"Key": "sagemaker:pipeline-execution-arn", "Value": execution["PipelineExecutionArn"]},
            {"Key": "sagemaker:pipeline-step-name", "Value": "Train"},
        ]

    def test_the_other_branch(self, server: Running, reported: str) -> None:
        threshold = [{"Name": "Threshold", "Value": "0.99"}]
        execution = execute(server, reported, whole(reported), PipelineParameters=threshold)
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert execution["FailureReason"] == "Step failure: One or multiple steps failed."
        steps = steps_of(server, execution)
        assert not {"Register", "Config", "Deploy"} & set(steps)
        assert steps["Gate"]["Metadata"] == {"Condition": {"Outcome": "False"}}
        assert steps["Reject"]["FailureReason"] == "accuracy 0.95 is below 0.99"

    def test_the_second_execution_moves_the_endpoint(self, server: Running, reported: str) -> None:
        execute(server, reported, whole(reported))
        client = server.sagemaker
        first = client.describe_endpoint(EndpointName=reported)
        own = client.start_pipeline_execution(PipelineName=reported)["PipelineExecutionArn"]
        ended(server, own)
        second = client.describe_endpoint(EndpointName=reported)
        assert second["CreationTime"] == first["CreationTime"]
        assert second["EndpointConfigName"] == f"{reported}-{own.rpartition('/')[2]}"
        listed = client.list_model_packages(ModelPackageGroupName=reported)["ModelPackageSummaryList"]
        assert [item["ModelPackageVersion"] for item in listed] == [2, 1]

    def test_an_endpoint_that_fails(self, server: Running, reported: str) -> None:
        server.endpoints.failure = "the model does not load"
        execution = execute(server, reported, whole(reported))
        assert steps_of(server, execution)["Deploy"]["FailureReason"] == (
            f"ClientError: Endpoint {reported} is not in service: the model does not load"
        )


class TestFailures:
    def test_a_job_that_fails(self, server: Running, name: str) -> None:
        def finish(kind: str, record: Record) -> Record:
            failed = {
                "TrainingJobStatus": "Failed",
                "FailureReason": "AlgorithmError: class 'cat' has 1 image",
            }
            return failed if kind == "TrainingJob" else complete(kind, record)

        server.jobs.finish = finish
        execution = execute(server, name, definition(process("A"), train("B"), train("C", DependsOn=["B"])))
        steps = steps_of(server, execution)
        assert (execution["PipelineExecutionStatus"], set(steps)) == ("Failed", {"A", "B"})
        assert steps["B"]["FailureReason"] == "AlgorithmError: class 'cat' has 1 image"
        assert steps["B"]["EndTime"] >= steps["B"]["StartTime"]

    def test_steps_that_run_go_on_to_their_end_and_no_new_ones_start(
        self, server: Running, name: str
    ) -> None:
        slow_runs, failed = threading.Event(), threading.Event()

        def finish(kind: str, record: Record) -> Record | None:
            if kind == "ProcessingJob":
                slow_runs.set()
                failed.wait(20)
                return COMPLETED[kind]
            slow_runs.wait(20)
            return {"TrainingJobStatus": "Failed", "FailureReason": "ClientError: bad"}

        server.jobs.finish = finish
        server.server.records.subscribe(
            lambda change: failed.set() if (change.after or {}).get("StepStatus") == "Failed" else None
        )
        text = definition(process("Slow"), train("Bad"), process("Next", DependsOn=["Slow"]))
        execution = execute(server, name, text)
        assert statuses(server, execution) == {"Slow": "Succeeded", "Bad": "Failed"}

    @pytest.mark.parametrize(
        ("left", "reason"),
        [
            pytest.param(
                {"Std:JsonGet": {"S3Uri": f"s3://{BUCKET}/gone.json", "Path": "a"}},
                f"ClientError: cannot read s3://{BUCKET}/gone.json: NoSuchKey: The specified key does not "
                f"exist: s3://{BUCKET}/gone.json",
                id="no such object",
            ),
            pytest.param(
                get("Steps.Train.FinalMetricDataList['loss'].Value"),
                "ClientError: Steps.Train.FinalMetricDataList has no 'loss'; it is a list of 1: "
                "validation:accuracy",
                id="no such metric",
            ),
            pytest.param(
                get("Steps.Train.TrainingJobStatus"),
                'ClientError: GreaterThanOrEqualTo cannot compare "Completed" (text) with 0.9 (number)',
                id="not comparable",
            ),
            pytest.param(
                get("Execution.TrainingJobName"),
                "ClientError: Execution.TrainingJobName has a value only in a step that makes such a job",
                id="no job",
            ),
        ],
    )
    def test_values_that_cannot_be_had(self, server: Running, name: str, left: Any, reason: str) -> None:
        text = definition(train("Train"), gate("Gate", left, [], []) | {"DependsOn": ["Train"]})
        assert steps_of(server, execute(server, name, text))["Gate"]["FailureReason"] == reason

    def test_a_request_that_is_refused_while_it_runs(self, server: Running, name: str) -> None:
        variant = {
            "VariantName": "A",
            "ModelName": "gone",
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
        }
        text = definition(step("Config", "EndpointConfig", {"ProductionVariants": [variant]}))
        steps = steps_of(server, execute(server, name, text))
        assert steps["Config"]["FailureReason"] == (
            "ClientError: Failed to invoke sagemaker:CreateEndpointConfig. Error Details: Could not find "
            'model "arn:aws:sagemaker:us-east-1:123456789012:model/gone".'
        )

    def test_a_bug_of_ours_ends_the_step(self, server: Running, name: str) -> None:
        def finish(kind: str, record: Record) -> Record:
            raise ZeroDivisionError("by zero")

        server.jobs.finish = finish
        steps = steps_of(server, execute(server, name, definition(train("Train"))))
        assert steps["Train"]["FailureReason"] == (
            "InternalServerError: ZeroDivisionError: by zero (a bug in imgpipe: see the log)"
        )


class TestParallelism:
    @pytest.mark.parametrize(("limit", "expected"), [(None, 4), (2, 2), (1, 1)])
    def test_steps_run_together_up_to_the_limit(
        self, server: Running, name: str, limit: int | None, expected: int
    ) -> None:
        lock, together = threading.Lock(), threading.Barrier(expected)
        running, most = 0, 0

        def finish(kind: str, record: Record) -> Record:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            together.wait(20)
            with lock:
                running -= 1
            return COMPLETED[kind]

        server.jobs.finish = finish
        more = {"ParallelismConfiguration": {"MaxParallelExecutionSteps": limit}} if limit else {}
        execution = execute(server, name, definition(*(process(f"P{n}") for n in range(4))), **more)
        assert (execution["PipelineExecutionStatus"], most) == ("Succeeded", expected)


class TestStop:
    def test_running_jobs_are_stopped_and_nothing_more_starts(self, server: Running, name: str) -> None:
        started = threading.Event()

        def finish(kind: str, record: Record) -> None:
            started.set()

        server.jobs.finish = finish
        client = server.sagemaker
        text = definition(train("Train"), process("Next", DependsOn=["Train"]))
        client.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
        own = client.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
        assert started.wait(20)
        client.stop_pipeline_execution(PipelineExecutionArn=own)
        ended(server, own)
        described = client.describe_pipeline_execution(PipelineExecutionArn=own)
        assert described["PipelineExecutionStatus"] == "Stopped"
        assert statuses(server, described) == {"Train": "Stopped"}
        job = server.jobs.started[-1]
        assert client.describe_training_job(TrainingJobName=job)["TrainingJobStatus"] == "Stopped"

    def test_a_job_that_somebody_else_stops_ends_the_execution(self, server: Running, name: str) -> None:
        server.jobs.finish = lambda kind, record: {"TrainingJobStatus": "Stopped"}
        execution = execute(server, name, definition(train("Train"), train("Next", DependsOn=["Train"])))
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert statuses(server, execution) == {"Train": "Stopped"}


class TestNames:
    def test_long_names_and_underscores(self, server: Running, name: str) -> None:
        long = "A_very_long_name_of_a_step_that_goes_on_and_on_for_ever_and_ever"
        execution = execute(server, name, definition(train(long)))
        job = steps_of(server, execution)[long]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
        assert len(job) == 63
        assert "-A-very-long-name-of-a-step-" in job

    def test_a_prefix_that_the_definition_gives(self, server: Running, name: str) -> None:
        own = train("Train")
        own["Arguments"]["TrainingJobName"] = "mine"
        own["Arguments"]["Environment"] = {"JOB": get("Execution.TrainingJobName")}
        execution = execute(server, name, definition(own))
        job = steps_of(server, execution)["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
        assert job == f"mine-{execution['PipelineExecutionArn'].rpartition('/')[2]}"
        described = server.sagemaker.describe_training_job(TrainingJobName=job)
        assert described["Environment"] == {"JOB": job}

    def test_execution_variables(self, server: Running, name: str) -> None:
        names = [
            "PipelineName",
            "PipelineArn",
            "PipelineExecutionId",
            "PipelineExecutionArn",
            "StartDateTime",
        ]
        text = definition(fail("Stop", join(*(get(f"Execution.{each}") for each in names), on=" ")))
        execution = execute(server, name, text)
        own = execution["PipelineExecutionArn"]
        time = execution["CreationTime"].strftime("%Y-%m-%dT%H:%M:%S")
        reason = steps_of(server, execution)["Stop"]["FailureReason"].split(" ")
        assert reason[:4] == [name, execution["PipelineArn"], own.rpartition("/")[2], own]
        assert (reason[4][:17], reason[4][-1]) == (time[:17], "Z")


def test_what_has_no_effect_is_logged(server: Running, name: str, caplog: pytest.LogCaptureFixture) -> None:
    retry = [{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 3}]
    cache = {"Enabled": True, "ExpireAfter": "P1D"}
    own = gate("Gate", 1, [train("Train", RetryPolicies=retry, CacheConfig=cache)], [])
    execution = execute(server, name, definition({**own, "RetryPolicies": retry, "CacheConfig": cache}))
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert [text for text in caplog.messages if "no effect" in text] == [
        "step Gate: RetryPolicies has no effect on a step of type Condition",
        "step Gate: CacheConfig has no effect on a step of type Condition",
    ]


class TestNestedConditions:
    @pytest.mark.parametrize(
        ("outer", "inner", "expected"),
        [
            (1, 1, {"Outer", "Inner", "Both", "After"}),
            (1, 0, {"Outer", "Inner", "OnlyOuter"}),
            (0, 1, {"Outer", "Neither"}),
        ],
    )
    def test_the_branch_of_a_branch(
        self, server: Running, name: str, outer: int, inner: int, expected: set[str]
    ) -> None:
        within = gate("Inner", inner, [process("Both")], [process("OnlyOuter")])
        text = definition(
            gate("Outer", outer, [within], [process("Neither")]), process("After", DependsOn=["Both"])
        )
        execution = execute(server, name, text)
        assert statuses(server, execution) == dict.fromkeys(expected, "Succeeded")


class TestTriggers:
    @pytest.fixture
    def fails(self, server: Running) -> Callable[[str], None]:
        """Jobs of the steps with this word in their name fail."""

        def these(word: str) -> None:
            def finish(kind: str, record: Record) -> Record:
                is_bad = word in record[f"{kind}Name"]
                bad = {f"{kind}Status": "Failed", "FailureReason": "AlgorithmError: no"}
                return bad if is_bad else complete(kind, record)

            server.jobs.finish = finish

        return these

    STEPS = (
        train("Train"),
        train("Score", DependsOn=["Train"]),
        process(
            "CleanUp",
            DependsOn=[{"Step": "Train", "Trigger": "Failed"}],
        ),
        process("Tell", DependsOn=["CleanUp"]),
        process("Always", DependsOn=[{"Step": "Train", "Trigger": "Any"}]),
    )

    @pytest.mark.parametrize(
        ("word", "status", "expected"),
        [
            pytest.param(
                "nothing",
                "Succeeded",
                {"Train": "Succeeded", "Score": "Succeeded", "Always": "Succeeded"},
                id="nothing fails",
            ),
            pytest.param(
                "Train",
                "CompletedWithFailures",
                {"Train": "Failed", "CleanUp": "Succeeded", "Tell": "Succeeded", "Always": "Succeeded"},
                id="a failure that is answered",
            ),
            pytest.param(
                "Score",
                "Failed",
                {"Train": "Succeeded", "Score": "Failed", "Always": "Succeeded"},
                id="a failure that is not",
            ),
        ],
    )
    def test_how_it_ends(
        self,
        server: Running,
        name: str,
        fails: Callable[[str], None],
        word: str,
        status: str,
        expected: dict[str, str],
    ) -> None:
        fails(word)
        execution = execute(server, name, definition(*self.STEPS))
        assert (execution["PipelineExecutionStatus"], statuses(server, execution)) == (status, expected)
        assert execution.get("FailureReason") == (FAILURE if status == "Failed" else None)

    def test_the_answer_sees_why(self, server: Running, name: str, fails: Callable[[str], None]) -> None:
        fails("Train")
        answer = fail(
            "Tell",
            join("training said ", get("Steps.Train.FailureReason")),
            DependsOn=[{"Step": "Train", "Trigger": "Failed"}],
        )
        execution = execute(server, name, definition(train("Train"), answer))
        steps = steps_of(server, execution)
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert steps["Tell"]["FailureReason"] == "training said AlgorithmError: no"

    def test_after_a_stop_of_the_execution_nothing_answers(self, server: Running, name: str) -> None:
        started = threading.Event()
        server.jobs.finish = lambda kind, record: started.set()
        client = server.sagemaker
        text = definition(train("Train"), process("After", DependsOn=[{"Step": "Train", "Trigger": "Any"}]))
        client.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
        own = client.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
        assert started.wait(20)
        client.stop_pipeline_execution(PipelineExecutionArn=own)
        ended(server, own)
        described = client.describe_pipeline_execution(PipelineExecutionArn=own)
        assert described["PipelineExecutionStatus"] == "Stopped"
        assert statuses(server, described) == {"Train": "Stopped"}
