"""What an upsert would do, without doing any of it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.bucket import has_bucket
from pipeline.session import Session
from pipeline.triggers import Triggers, triggers
from pipeline.upserting.changes import Changes, compare
from pipeline.upserting.deployed import Deployed, deployed
from pipeline.upserting.desired import Desired
from pipeline.upserting.group import GroupChanges, compare_group
from pipeline.upserting.uploads import contents, missing

_SIGNS = {"create": "+", "update": "~", "unchanged": " "}


@dataclass(frozen=True)
class Plan:
    """What an upsert would do.

    Attributes:
        engine: What would run the pipeline, in words.
        is_local: Whether that is the local SageMaker.
        account: Twelve digits.
        region: Such as us-east-1.
        desired: What should exist.
        present: The pipeline as it is; None if there is none.
        changes: What must happen to it.
        has_bucket: Whether the bucket exists.
        group: What must happen to the model package group.
        uploads: S3 key and size in bytes of what is not in the bucket.
        triggers: What starts the pipeline, none of which is touched.
    """

    engine: str
    is_local: bool
    account: str
    region: str
    desired: Desired
    present: Deployed | None
    changes: Changes
    has_bucket: bool
    group: GroupChanges
    uploads: tuple[tuple[str, int], ...]
    triggers: Triggers

    @property
    def is_pending(self) -> bool:
        """Whether an upsert would do something."""
        return bool(self._counts())

    def lines(self) -> list[str]:
        """The plan for people."""
        action, bucket = self.changes.action, f"bucket {self.desired.bucket}"
        return [
            f"{_SIGNS[action]} pipeline {self.desired.name}: {action}",
            *(f"    {line}" for line in self.changes.lines()),
            *(f"    note: {note}" for note in self.changes.notes),
            *self.group_lines(),
            f"  {bucket}: exists" if self.has_bucket else f"+ {bucket}: create",
            *(f"+ {key.rsplit('/', 1)[-1]}: upload ({-(-size // 1024):,} KiB)" for key, size in self.uploads),
            *self.triggers.lines(),
        ]

    def total(self) -> str:
        """All of it in one line."""
        return ", ".join(self._counts()) or "nothing to do"

    def to_json(self) -> dict[str, object]:
        """The plan for programs."""
        return {
            "pending": self.is_pending,
            "engine": self.engine,
            "account": self.account,
            "region": self.region,
            "pipeline": {"name": self.desired.name, **self.changes.to_json()},
            "modelPackageGroup": self.group.to_json(),
            "bucket": {"name": self.desired.bucket, "action": _action(self.has_bucket)},
            "uploads": [key for key, _ in self.uploads],
            "triggers": self.triggers.to_json(),
            "notes": list(self.changes.notes),
        }

    def group_lines(self) -> list[str]:
        """What must happen to the model package group."""
        name, action = f"model package group {self.desired.group}", self.group.action
        if action == "unchanged":
            return [f"  {name}: exists"]
        return [
            f"{_SIGNS[action]} {name}: {action}",
            *(f"    {line}" for setting in self.group.settings for line in setting.lines()),
        ]

    def _counts(self) -> list[str]:
        actions = [self.changes.action, self.group.action, _action(self.has_bucket)]
        created, updated = actions.count("create"), actions.count("update")
        counts = {"to create": created, "to update": updated, "to upload": len(self.uploads)}
        return [f"{count} {what}" for what, count in counts.items() if count]


def plan(session: Session, desired: Desired) -> Plan:
    """What an upsert would do. Asks AWS, and changes nothing there.

    Args:
        session: Where the upsert would go.
        desired: What should exist.

    Raises:
        RunError: An upsert could not be done at all, such as for want of a bucket.
    """
    present = deployed(session, desired.name, needs_tags=bool(desired.tags))
    changes = compare(present, desired)
    bucket_exists = has_bucket(session, desired.bucket)
    absent = missing(session, desired) if bucket_exists else contents(desired).items()
    return Plan(
        engine=session.engine,
        is_local=session.is_local,
        account=session.facts.account,
        region=session.facts.region,
        desired=desired,
        present=present,
        changes=changes,
        has_bucket=bucket_exists,
        group=compare_group(session, desired.group, desired.tags, changes.old_tags),
        uploads=tuple((key, len(content)) for key, content in absent),
        triggers=triggers(session, present.arn) if present else Triggers(),
    )


def _action(is_there: bool) -> str:
    return "unchanged" if is_there else "create"
