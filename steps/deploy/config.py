"""The section `deploy`: the endpoint that serves the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from steps.config import Form, InstanceTypes, Problem, Section
from steps.instances import unsuitable
from steps.jobs.config import StepRetries, retry_problems

LONGEST_ENDPOINT = 63 - 13 - 13
"""Characters. AWS allows 63 for the name of an endpoint config. An execution calls its own
<endpoint>-<execution id>, which adds a hyphen and 12 characters. SageMaker Pipelines may append a suffix of
its own that is unique to the execution, as it does with jobs and models: as much room is left for that."""

EndpointName = Annotated[
    str,
    Form(
        "[a-zA-Z0-9](-*[a-zA-Z0-9])*",
        "a name of letters, digits and hyphens between them",
        "cats-and-dogs",
        LONGEST_ENDPOINT,
    ),
]


def _refuse_approved(when: Any) -> Any:
    if when == "approved":
        raise PydanticCustomError(
            "not_in_this_version",
            "'approved' is not available in this version: nothing waits for the approval of a model yet",
            {"hint": "write gate, to deploy each model that passes the gate, or never"},
        )
    return when


class DeployConfig(Section):
    """When and how models reach the endpoint."""

    when: Annotated[Literal["gate", "never"], BeforeValidator(_refuse_approved)] = Field(
        "never", description="gate: each model that passes the gate is deployed; never: none is."
    )
    endpoint: EndpointName | None = Field(
        None, description="Name of the endpoint; the pipeline's `name` where this key is absent."
    )
    instance_type: InstanceTypes = Field(
        ("ml.m5.xlarge",), description="Machine of the endpoint; a CPU is enough."
    )
    instance_count: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="Number of machines behind the endpoint."
    )
    retry: StepRetries = Field(
        (), description="When CreateEndpointConfig is tried again; SageMaker does not retry DeployEndpoint."
    )

    def problems(self) -> Iterator[Problem]:
        """See Section."""
        yield from unsuitable("endpoint", self.instance_type)
        yield from retry_problems(self.retry)
