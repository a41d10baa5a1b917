"""The section `register`: where models that passed the gate are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from steps.config import Problem, ResourceName, Section
from steps.jobs.config import StepRetries, retry_problems


class RegisterConfig(Section):
    """How the step RegisterModel enters a model into the registry."""

    group: ResourceName | None = Field(
        None, description="Model package group; the pipeline's `name` where this key is absent."
    )
    approval: Literal["manual", "automatic"] = Field(
        "manual", description="manual: a person approves each model; automatic: passing the gate approves it."
    )
    retry: StepRetries = Field(
        (), description="When the step is tried again; AWS retries faults of its own anyway."
    )

    def problems(self) -> Iterator[Problem]:
        """See Section."""
        yield from retry_problems(self.retry)

    @property
    def approval_status(self) -> str:
        """The ModelApprovalStatus that a new model package starts with."""
        return "Approved" if self.approval == "automatic" else "PendingManualApproval"
