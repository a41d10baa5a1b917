from __future__ import annotations

from typing import Literal

import pytest

from steps.register.config import RegisterConfig


@pytest.mark.parametrize(
    ("approval", "status"), [("manual", "PendingManualApproval"), ("automatic", "Approved")]
)
def test_approval_decides_the_first_status(approval: Literal["manual", "automatic"], status: str) -> None:
    assert RegisterConfig(approval=approval).approval_status == status


def test_a_person_approves_by_default() -> None:
    assert RegisterConfig().approval_status == "PendingManualApproval"
    assert list(RegisterConfig().problems()) == []
