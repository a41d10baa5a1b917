"""SimulatePrincipalPolicy of IAM, which moto leaves out: the SDK's ModelTrainer asks it before it trains.

It leans on these internals of moto 5.2: `IamResponse`, whose methods are named by the operations, its
`_get_param` and `backend`, and `IAMBackend.get_role_by_arn`.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse

ADDED = (
    "moto leaves out `SimulatePrincipalPolicy` of IAM. It is answered: every action is allowed, as nothing "
    "here looks at what a role may do."
)
"""For the page of parity."""


def install() -> None:
    """Let moto answer SimulatePrincipalPolicy. A second call changes nothing."""
    IamResponse.simulate_principal_policy = _simulate


def _simulate(self: Any) -> ActionResult:
    """Everything is allowed: nothing here looks at what a role may do."""
    arn = self._get_param("PolicySourceArn")
    if ":role/" in arn:
        self.backend.get_role_by_arn(arn)
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": "allowed",
            "MatchedStatements": [],
            "MissingContextValues": [],
        }
        for action in self._get_param("ActionNames", [])
        for resource in self._get_param("ResourceArns") or ["*"]
    ]
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})
