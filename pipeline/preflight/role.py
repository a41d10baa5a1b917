"""Does the role exist, and may SageMaker take it on?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from botocore.exceptions import ClientError

from pipeline.aws_errors import code_of
from pipeline.config.loader import Loaded
from pipeline.errors import Finding, Place
from pipeline.permissions.statements import SERVICE
from pipeline.preflight.check import Check, failed, not_needed, passed, unknown
from pipeline.preflight.trust import Asking, Verdict, judge
from pipeline.session import Session

NAME = "role"
_PAGE = "docs/aws-role.md shows its policies"


def role(session: Session, loaded: Loaded) -> Iterator[Check]:
    """Reads the role and its trust policy by iam:GetRole."""
    yield _role(session, loaded)


def _role(session: Session, loaded: Loaded) -> Check:
    arn = loaded.facts.role
    account, name = arn.split(":")[4], arn.rsplit("/", 1)[-1]
    if account != session.facts.account:
        if session.is_local:
            return not_needed(NAME, f"not needed on the local SageMaker: {arn} is of another account")
        return failed(NAME, _foreign(arn, account, session.facts.account, loaded))
    try:
        found = session.client("iam").get_role(RoleName=name)["Role"]
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return failed(NAME, _missing(arn, loaded))
        if code_of(error) == "AccessDenied":
            return unknown(NAME, f"the caller may not iam:GetRole {arn}")
        raise
    if found["Arn"] != arn:
        return failed(NAME, _renamed(arn, found["Arn"], loaded))
    return _trusted(arn, judge(_document(found["AssumeRolePolicyDocument"]), _asking(loaded)))


def _trusted(arn: str, verdict: Verdict) -> Check:
    if verdict.allowed:
        return passed(NAME, f"{arn}; SageMaker may take it on")
    if verdict.allowed is None:
        return unknown(NAME, f"{arn} is there, but whether SageMaker may take it on: {verdict.reasons[0]}")
    return failed(
        NAME,
        Finding(
            "R153",
            "untrusting-role",
            f"{SERVICE} may not take on {arn}",
            details=tuple(("" if index else "why", text) for index, text in enumerate(verdict.reasons)),
            hint=f"correct the role's trust policy; {_PAGE}",
        ),
    )


def _asking(loaded: Loaded) -> Asking:
    """SageMaker, and all that it takes on the role for."""
    facts, config = loaded.facts, loaded.config
    prefix = f"arn:{facts.partition}:sagemaker:{facts.region}:{facts.account}"
    jobs = ("processing-job", "training-job", "transform-job", "model")
    sources = {
        "the pipeline": f"{prefix}:pipeline/{config.name}/execution/0",
        **{f"its {job.replace('-', ' ')}s": f"{prefix}:{job}/pipelines-0" for job in jobs},
    }
    if config.deploy.when == "gate":
        sources["its endpoint"] = f"{prefix}:endpoint/{config.endpoint}"
    return Asking(SERVICE, facts.account, sources)


def _document(policy: object) -> Mapping[str, object]:
    # boto3 decodes the policy; other endpoints may hand it on as IAM sends it.
    decoded = json.loads(unquote(policy)) if isinstance(policy, str) else policy
    assert isinstance(decoded, Mapping)
    return decoded


def _missing(arn: str, loaded: Loaded) -> Finding:
    return Finding(
        "R152",
        "no-role",
        f"there is no role {arn}",
        place=_place(loaded),
        hint=f"make it, or write the ARN of another as `role`; {_PAGE}",
    )


def _renamed(arn: str, real: str, loaded: Loaded) -> Finding:
    message = f"there is no role {arn}; the one of that name is {real}"
    return Finding("R152", "no-role", message, place=_place(loaded), hint=f"write role: {real}")


def _foreign(arn: str, account: str, own: str, loaded: Loaded) -> Finding:
    return Finding(
        "R154",
        "foreign-role",
        f"{arn} belongs to account {account}, and the credentials to account {own}",
        place=_place(loaded),
        details=(("why", "a role can be passed to SageMaker only within its account"),),
        hint=f"use credentials of account {account} (`--profile`), or a role of account {own}",
    )


def _place(loaded: Loaded) -> Place | None:
    return loaded.place("role") if loaded.config.role else None
