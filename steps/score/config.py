"""The section `score`: how the trained model answers every validation image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from steps.config import InstanceTypes, Problem, Section
from steps.instances import unsuitable


class ScoreConfig(Section):
    """How the steps CreateModel and ScoreValidation run."""

    instance_type: InstanceTypes = Field(
        ("ml.m5.xlarge",), description="Machine of the batch transform job; a CPU is enough."
    )
    instance_count: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="Number of machines that share the images."
    )

    def problems(self) -> Iterator[Problem]:
        """See Section."""
        yield from unsuitable("transform", self.instance_type)
