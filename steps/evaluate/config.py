"""The section `evaluate`: how the scores become figures and a report page."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from steps.config import InstanceTypes, Problem, ProcessingTime, Section, VolumeSize
from steps.instances import unsuitable
from steps.jobs.config import Environment, JobRetries, environment_problems, retry_problems


class EvaluateConfig(Section):
    """How the step EvaluateModel runs."""

    instance_type: InstanceTypes | None = Field(
        None, description="Machine of the step; that of `validate` where this key is absent."
    )
    volume_gb: VolumeSize = Field(30, description="Disk of that machine; the validation images must fit.")
    max_runtime: ProcessingTime = Field("1h", description="The step is stopped after this time.")
    environment: Environment = Field(
        default_factory=dict,
        description="Environment variables of the program, by name. No secrets: AWS shows them.",
    )
    retry: JobRetries = Field(
        (), description="When the step is tried again; AWS retries faults of its own anyway."
    )

    def problems(self) -> Iterator[Problem]:
        """See Section."""
        yield from unsuitable("processing", self.instance_type or ())
        yield from environment_problems(self.environment, 256, "a processing job")
        yield from retry_problems(self.retry)
