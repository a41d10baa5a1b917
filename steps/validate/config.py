"""The section `validate`: how the images are checked before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, create_model

from steps.config import InstanceTypes, Problem, ProcessingTime, Section, VolumeSize
from steps.instances import unsuitable
from steps.jobs.config import Environment, JobRetries, environment_problems, retry_problems
from steps.validate.findings import CHECKS
from steps.validate.settings import Severity

_NOUNS = {"error": "An error", "warning": "A warning"}


def _severities() -> Any:
    """A key for each check, so that editors complete them and a misspelt one is told."""
    fields: dict[str, Any] = {
        name.replace("-", "_"): (
            Severity | None,
            Field(
                None,
                alias=name,
                description=f"{_NOUNS[check.severity]} otherwise ({check.code}): {check.reason}.",
            ),
        )
        for name, check in CHECKS.items()
    }
    return create_model(
        "SeverityConfig", __base__=Section, __doc__="How grave what a check finds is.", **fields
    )


if TYPE_CHECKING:

    class SeverityConfig(Section):
        """How grave what a check finds is."""
else:
    SeverityConfig = _severities()


class ValidateConfig(Section):
    """How the step ValidateImages runs, and what it refuses."""

    instance_type: InstanceTypes = Field(
        ("ml.m5.large",), description="Machine of the step; of EvaluateModel too, unless it has its own."
    )
    instance_count: Annotated[int, Field(ge=1, le=20)] = Field(
        1, description="Number of those machines; each checks its part of the images."
    )
    volume_gb: VolumeSize = Field(30, description="Disk of each machine; its part of the images must fit.")
    max_runtime: ProcessingTime = Field("1h", description="The step is stopped after this time.")
    min_images_per_class: Annotated[int, Field(ge=1)] = Field(
        20, description="A class with fewer training images fails the step."
    )
    on_corrupt: Literal["fail", "skip"] = Field(
        "fail",
        description="Images that cannot be decoded: fail the step, or leave them out with a warning.",
    )
    on_leak: Literal["fail", "skip"] = Field(
        "fail",
        description="Training images that are validation images as well: fail the step, or leave them out of "
        "training with a warning.",
    )
    severity: SeverityConfig = Field(
        default_factory=SeverityConfig,
        description="How grave what a check finds is, where it is not as usual. Files with an `unsafe-name` "
        "are left out where that is no error, even if it is ignored: no list can hold them.",
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

    def severities(self) -> dict[str, Severity]:
        """The severities that are not as usual, by check."""
        return self.severity.model_dump(by_alias=True, exclude_none=True)
