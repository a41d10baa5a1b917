"""The section `score`: how the trained model answers every validation image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from steps.config import InstanceTypes, Problem, Section
from steps.instances import unsuitable
from steps.jobs.config import Environment, JobRetries, environment_problems, retry_problems


class ScoreConfig(Section):
    """How the steps CreateModel and ScoreValidation run."""

    instance_type: InstanceTypes = Field(
        ("ml.m5.xlarge",), description="Machine of the batch transform job; a CPU is enough."
    )
    instance_count: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="Number of machines that share the images."
    )
    environment: Environment = Field(
        default_factory=dict,
        description="Environment variables of the model, here and behind the endpoint, by name. No "
        "secrets: AWS shows them.",
    )
    retry: JobRetries = Field(
        (), description="When the batch transform job is tried again; AWS retries faults of its own anyway."
    )

    def problems(self) -> Iterator[Problem]:
        """See Section."""
        yield from unsuitable("transform", self.instance_type)
        yield from environment_problems(self.environment, 1024, "a model")
        yield from retry_problems(self.retry)
