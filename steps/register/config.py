"""The section `register`: where models that passed the gate are kept."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from steps.config import ResourceName, Section


class RegisterConfig(Section):
    """How the step RegisterModel enters a model into the registry."""

    group: ResourceName | None = Field(
        None, description="Model package group; the pipeline's `name` where this key is absent."
    )
    approval: Literal["manual", "automatic"] = Field(
        "manual", description="manual: a person approves each model; automatic: passing the gate approves it."
    )

    @property
    def approval_status(self) -> str:
        """The ModelApprovalStatus that a new model package starts with."""
        return "Approved" if self.approval == "automatic" else "PendingManualApproval"
