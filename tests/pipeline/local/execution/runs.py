"""Executions from their start to their end, as a client sees them."""

from __future__ import annotations

from typing import Any

from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.fakes import Running, ended


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
