"""The section `validate`: how the images are checked before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from steps.config import InstanceTypes, Problem, ProcessingTime, Section, VolumeSize
from steps.instances import unsuitable
from steps.jobs.config import Environment, JobRetries, environment_problems, retry_problems


class ValidateConfig(Section):
    """How the step ValidateImages runs, and what it refuses."""

    instance_type: InstanceTypes = Field(
        ("ml.m5.large",), description="Machine of the step; of EvaluateModel too, unless it has its own."
    )
    volume_gb: VolumeSize = Field(30, description="Disk of that machine; all images must fit.")
    max_runtime: ProcessingTime = Field("1h", description="The step is stopped after this time.")
    min_images_per_class: Annotated[int, Field(ge=1)] = Field(
        20, description="A class with fewer training images fails the step."
    )
    on_corrupt: Literal["fail", "skip"] = Field(
        "fail",
        description="Images that cannot be decoded: fail the step, or leave them out with a warning.",
    )
    environment: Environment = Field(
        default_factory=dict,
        description="Environment variables of the program, by name. No secrets: AWS shows them.",
    )
    retry: JobRetries = Field(
        (), description="When the step is tried again; AWS retries faults of its own anyway."
    )

    def problems(self) -> Iterator[Problem]:
        """See Section."""
        yield from unsuitable("processing", self.instance_type)
        yield from environment_problems(self.environment, 256, "a processing job")
        yield from retry_problems(self.retry)
