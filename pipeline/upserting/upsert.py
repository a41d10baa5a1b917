"""Brings a pipeline and what it needs to the state that the config describes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from pipeline import executions, versions
from pipeline.aws_errors import code_of, is_denied, is_taken
from pipeline.bucket import ensure_bucket
from pipeline.errors import Finding, RunError
from pipeline.session import Session
from pipeline.upserting.changes import ACTIONS, Changes, compare
from pipeline.upserting.deployed import Deployed, deployed
from pipeline.upserting.desired import Desired
from pipeline.upserting.group import change_group, compare_group
from pipeline.upserting.uploads import definition_key, goes_by_s3, upload

Guard = Callable[[Deployed | None], None]
"""Raises if a pipeline is not what someone relied on."""

# Each attempt begins with a look at what is there now, so another is needed only where others write too.
_ATTEMPTS = 5
_PAUSE_S = 0.5

_DESCRIPTION = "From images in S3 to an endpoint that classifies images. Kept by imgpipe: change its YAML."


@dataclass(frozen=True)
class Upserted:
    """What an upsert did.

    Attributes:
        arn: Of the pipeline.
        action: created, updated or unchanged.
        uploaded: S3 URIs.
        changes: What changed in the pipeline.
        made: What else was made, such as `model package group digits`.
        version: Number of the new version of the definition, where the service tells it.
        updated: What else was changed.
    """

    arn: str
    action: str
    uploaded: tuple[str, ...]
    changes: Changes | None = None
    made: tuple[str, ...] = ()
    version: int | None = None
    updated: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The outcome for programs."""
        return {
            "arn": self.arn,
            "action": self.action,
            "version": self.version,
            "uploaded": list(self.uploaded),
            "made": list(self.made),
            "updated": list(self.updated),
            "changes": self.changes.to_json() if self.changes else None,
        }


def upsert(session: Session, desired: Desired, guard: Guard | None = None) -> Upserted:
    """Uploads the code, makes the group, then creates or updates the pipeline.

    In this order, so that an interrupt never leaves a pipeline that refers to code which is not there; doing
    it again goes on from there. Two at once end with the definition of one of them.

    Args:
        session: Where to.
        desired: What should exist.
        guard: Is shown the pipeline before anything of it is changed.

    Raises:
        RunError: The service refused it, or others kept changing the pipeline.
    """
    if guard:
        _guard_unless_done(session, desired, guard)
    made = []
    if ensure_bucket(session, desired.bucket):
        made.append(f"bucket {desired.bucket}")
    uploaded = tuple(upload(session, desired))
    name, retagged = f"model package group {desired.group}", False
    group = compare_group(session, desired.group, desired.tags, {})
    if change_group(session, group):
        made += [name] * (group.action == "create")
        retagged = group.action == "update"
    arn, changes, version = _Writing(session, desired, guard).converge()
    if changes.old_tags:
        group = compare_group(session, desired.group, desired.tags, changes.old_tags)
        retagged = change_group(session, group) or retagged
    updated = (name,) if retagged else ()
    return Upserted(arn, ACTIONS[changes.action], uploaded, changes, tuple(made), version, updated)


def bring_back(session: Session, pipeline: str, bucket: str, number: int) -> Upserted:
    """Makes the definition of an earlier version the newest one. Role, tags and parallelism stay.

    Args:
        session: Where the pipeline is.
        pipeline: Its name.
        bucket: Where a definition goes that is too large for a request.
        number: Of the version.

    Raises:
        RunError: There is no such pipeline or version, or a program that it names is gone.
    """
    present = deployed(session, pipeline, needs_tags=False)
    if present is None:
        raise executions.no_pipeline(session, pipeline)
    desired = Desired(
        name=pipeline,
        definition=versions.definition_of(session, pipeline, number),
        bucket=bucket,
        bundles=(),
        group="",
        role=present.role,
        tags=present.tags,
        parallelism=present.parallelism,
    )

    def guard(now: Deployed | None) -> None:
        if now is None:
            raise executions.no_pipeline(session, pipeline)

    uploaded = tuple(upload(session, desired))
    writing = _Writing(session, desired, guard, reason=f"version {number} again")
    arn, changes, version = writing.converge()
    return Upserted(arn, ACTIONS[changes.action], uploaded, changes, version=version)


def _guard_unless_done(session: Session, desired: Desired, guard: Guard) -> None:
    """Shows a guard the pipeline, unless that is already what it should be."""
    present = deployed(session, desired.name, needs_tags=bool(desired.tags))
    if compare(present, desired).action != "unchanged":
        guard(present)


@dataclass(frozen=True)
class _Writing:
    """The requests that make a pipeline what it should be.

    Attributes:
        session: Where to.
        desired: What it should be.
        guard: Is shown the pipeline before each attempt to change it.
        reason: Describes the new version; by default, what changes does.
    """

    session: Session
    desired: Desired
    guard: Guard | None
    reason: str | None = None

    @property
    def client(self) -> Any:
        return self.session.client("sagemaker")

    def converge(self) -> tuple[str, Changes, int | None]:
        """ARN, what was changed, and the number of the new version if there is one."""
        created: Changes | None = None
        for attempt in range(_ATTEMPTS):
            present = deployed(self.session, self.desired.name, needs_tags=bool(self.desired.tags))
            changes = compare(present, self.desired)
            if present is not None and changes.action == "unchanged":
                return present.arn, created or changes, 1 if created else None
            if self.guard:
                self.guard(present)
            try:
                if present is not None:
                    return present.arn, changes, self._update(present, changes)
                self._create(attempt)
                created = changes
            except ClientError as error:
                if not (is_taken(error) or code_of(error) == "ConflictException"):
                    raise _explained(error, self.desired.role) from error
                time.sleep(_PAUSE_S * attempt)
        raise _contended(self.desired.name)

    def _create(self, attempt: int) -> None:
        """Creates it.

        A service may take the token of a pipeline that was deleted since for a repetition, and do nothing.
        The next attempt sees that, and has another token.
        """
        request = {
            "PipelineName": self.desired.name,
            "PipelineDescription": _DESCRIPTION,
            "RoleArn": self.desired.role,
            "ClientRequestToken": _token(self.desired, attempt),
            **self._definition(),
        }
        if self.desired.tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in self.desired.tags.items()]
        if self.desired.parallelism is not None:
            request["ParallelismConfiguration"] = {"MaxParallelExecutionSteps": self.desired.parallelism}
        self.client.create_pipeline(**request)

    def _update(self, present: Deployed, changes: Changes) -> int | None:
        """Updates only what changes: a definition that is sent makes a new version."""
        # Tags first: the present definition tells which of them are ours.
        self._write_tags(present.arn, changes)
        if not changes.updates_pipeline:
            return None
        request: dict[str, Any] = {"PipelineName": self.desired.name}
        if changes.definition:
            request |= self._definition()
        if present.role != self.desired.role:
            request["RoleArn"] = self.desired.role
        if self.desired.parallelism not in (None, present.parallelism):
            request["ParallelismConfiguration"] = {"MaxParallelExecutionSteps": self.desired.parallelism}
        version = self.client.update_pipeline(**request).get("PipelineVersionId")
        if version is None or not changes.definition:
            return None
        versions.describe(self.session, present.arn, version, self.reason or changes.names)
        return int(version)

    def _write_tags(self, arn: str, changes: Changes) -> None:
        if changes.old_tags:
            self.client.delete_tags(ResourceArn=arn, TagKeys=list(changes.old_tags))
        if changes.new_tags:
            tags = [{"Key": key, "Value": value} for key, value in changes.new_tags.items()]
            self.client.add_tags(ResourceArn=arn, Tags=tags)

    def _definition(self) -> dict[str, Any]:
        if not goes_by_s3(self.desired):
            return {"PipelineDefinition": self.desired.definition}
        location = {"Bucket": self.desired.bucket, "ObjectKey": definition_key(self.desired)}
        return {"PipelineDefinitionS3Location": location}


def _token(desired: Desired, attempt: int) -> str:
    """The same for the same pipeline, so that two upserts at once ask for one thing."""
    parts = (
        desired.name,
        desired.definition,
        desired.role,
        sorted(desired.tags.items()),
        desired.parallelism,
    )
    return hashlib.sha256(repr((*parts, attempt)).encode()).hexdigest()


def _explained(error: ClientError, role: str) -> Exception:
    """What the two refusals mean that concern the role; any other is told by the caller's caller."""
    message = error.response["Error"].get("Message", "")
    if is_denied(error) and "iam:PassRole" in message:
        hint = f"the caller needs iam:PassRole on {role}; docs/aws-role.md has the policy"
        return RunError(Finding("R134", "may-not-pass-role", message, hint=hint))
    if code_of(error) == "ValidationException" and "assume" in message.lower():
        hint = (
            "the role must exist and its trust policy let sagemaker.amazonaws.com assume it: `imgpipe doctor`"
        )
        return RunError(Finding("R127", "role-refused", message, details=(("role", role),), hint=hint))
    return error


def _contended(name: str) -> RunError:
    message = f"others keep changing pipeline '{name}': {_ATTEMPTS} attempts to write it met another's"
    hint = "`imgpipe plan` shows what is there now; do it again when they are done"
    return RunError(Finding("R128", "contended", message, hint=hint))
