from __future__ import annotations

from tests.pipeline.local.definitions import (
    definition,
    fail,
    get,
    join,
    train,
)
from tests.pipeline.local.execution.runs import execute, steps_of
from tests.pipeline.local.fakes import Running


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
