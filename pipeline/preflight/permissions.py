"""Have the role and the caller the permissions that they need, as IAM simulates their policies?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pipeline.aws_errors import code_of
from pipeline.config.loader import Loaded
from pipeline.errors import Finding
from pipeline.permissions.statements import Scope, Statement, caller_statements, role_statements
from pipeline.preflight.check import Check, failed, not_needed, passed, unknown
from pipeline.session import Session

ROLE, CALLER = "permissions of the role", "permissions of the caller"

_LISTED = 12
_DENIED = ("AccessDenied", "AccessDeniedException")
_PAGE = "docs/aws-role.md has the policy"


@dataclass(frozen=True)
class Lack:
    """An action that would be refused.

    Attributes:
        action: Such as s3:GetObject.
        resource: ARN.
        denied: Whether a policy denies it, rather than none allowing it.
        missing: Context keys that a policy asks for and that nobody knows before the request.
    """

    action: str
    resource: str
    denied: bool
    missing: tuple[str, ...]

    def __str__(self) -> str:
        how = " (a policy denies it)" if self.denied else ""
        return f"{self.action} on {self.resource}{how}"


def permissions(session: Session, loaded: Loaded) -> Iterator[Check]:
    """Simulates the policies of the role and of the caller by iam:SimulatePrincipalPolicy."""
    if session.is_local:
        yield not_needed(ROLE, "not needed on the local SageMaker, which asks for no permission")
        yield not_needed(CALLER, "not needed on the local SageMaker, which asks for no permission")
        return
    scope = Scope.of(loaded.config, loaded.facts)
    yield _simulated(session, ROLE, loaded.facts.role, role_statements(scope))
    yield from _aliases(scope)
    yield _caller(session, scope)


def _aliases(scope: Scope) -> Iterator[Check]:
    for use, key in scope.keys.items():
        if "alias/" in key:
            yield unknown(f"permission for the {use} key", f"IAM simulates no aliases, and {key} is one")


def _caller(session: Session, scope: Scope) -> Check:
    arn = session.client("sts").get_caller_identity()["Arn"]
    kind = arn.split(":")[5].split("/")[0]
    if kind == "root":
        return unknown(CALLER, "IAM does not simulate the account's root user, who may do nearly everything")
    if kind not in ("user", "assumed-role"):
        return unknown(CALLER, f"IAM does not simulate {arn}")
    source = arn if kind == "user" else _role_of(session, arn)
    return _simulated(session, CALLER, source, caller_statements(scope))


def _role_of(session: Session, arn: str) -> str:
    """ARN of the role behind an assumed one. Its path is not in the latter."""
    partition, account, name = arn.split(":")[1], arn.split(":")[4], arn.split("/")[1]
    try:
        return str(session.client("iam").get_role(RoleName=name)["Role"]["Arn"])
    except ClientError as error:
        if code_of(error) not in _DENIED:
            raise
        return f"arn:{partition}:iam::{account}:role/{name}"


def _simulated(session: Session, name: str, arn: str, statements: tuple[Statement, ...]) -> Check:
    asked = [one for one in statements if one.simulated]
    try:
        lacks = [lack for one in asked for lack in _lacks(session, arn, one)]
    except ClientError as error:
        if code_of(error) in _DENIED:
            return unknown(name, "the caller may not iam:SimulatePrincipalPolicy")
        if code_of(error) == "NoSuchEntity":
            return unknown(name, f"IAM finds no {arn}")
        raise
    sure = [lack for lack in lacks if not lack.missing]
    if sure:
        return failed(name, _lacking(arn, sure))
    if lacks:
        keys = ", ".join(sorted({key for lack in lacks for key in lack.missing}))
        return unknown(name, f"{lacks[0]} depends on {keys}, which only a real request has")
    count = len({action for one in asked for action in one.actions})
    return passed(name, f"{arn} has all {count}; policies of buckets and keys are not simulated")


def _lacks(session: Session, arn: str, statement: Statement) -> Iterator[Lack]:
    pages = session.client("iam").get_paginator("simulate_principal_policy")
    for resource in statement.resources:
        request = {
            "PolicySourceArn": arn,
            "ActionNames": list(statement.actions),
            "ResourceArns": [resource],
            "ContextEntries": _context(statement),
        }
        for page in pages.paginate(**request):
            yield from _refused(page["EvaluationResults"], resource)


def _context(statement: Statement) -> list[dict[str, object]]:
    if not statement.key:
        return []
    # Of what may be, the first: it is as narrow as a request can be.
    value = statement.values[0]
    return [{"ContextKeyName": statement.key, "ContextKeyType": "string", "ContextKeyValues": [value]}]


def _refused(results: list[dict[str, Any]], resource: str) -> Iterator[Lack]:
    for result in results:
        decision = result["EvalDecision"]
        if decision != "allowed":
            missing = tuple(result.get("MissingContextValues", ()))
            yield Lack(result["EvalActionName"], resource, decision == "explicitDeny", missing)


def _lacking(arn: str, lacks: list[Lack]) -> Finding:
    more = [f"… and {len(lacks) - _LISTED} more"] if len(lacks) > _LISTED else []
    lines = [*map(str, lacks[:_LISTED]), *more]
    return Finding(
        "R159",
        "missing-permissions",
        f"{arn} lacks {len(lacks)} permission{'s' if len(lacks) > 1 else ''}",
        details=tuple(("" if index else "lacks", line) for index, line in enumerate(lines)),
        hint=_PAGE,
    )
