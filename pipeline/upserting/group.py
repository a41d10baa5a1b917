"""The model package group of a pipeline. Its models can have no tags of their own: they go by the group's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from pipeline.aws_errors import is_missing, is_taken
from pipeline.difference.values import Line
from pipeline.session import Session
from pipeline.upserting.changes import tag_line


@dataclass(frozen=True)
class GroupChanges:
    """What must happen to a model package group.

    Attributes:
        name: Of the group.
        action: create, update or unchanged.
        arn: Of the group; empty if there is none, or nothing changes.
        settings: Tags that change.
        new_tags: Tags to add or to give another value.
        old_tags: Keys of tags to take away.
    """

    name: str
    action: str
    arn: str = ""
    settings: tuple[Line, ...] = ()
    new_tags: Mapping[str, str] = field(default_factory=dict)
    old_tags: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The changes for programs."""
        settings = [line.to_json() for line in self.settings]
        return {"name": self.name, "action": self.action, "settings": settings}


def compare_group(
    session: Session, name: str, tags: Mapping[str, str], old_tags: Mapping[str, str]
) -> GroupChanges:
    """What must happen to a group. Asks AWS, and changes nothing there.

    Args:
        session: Where it is.
        name: Of the group.
        tags: What it should have. Others that it has are left alone, but for
        old_tags: those that the config gave to the pipeline before, and has no more.
    """
    client = session.client("sagemaker")
    try:
        found = client.describe_model_package_group(ModelPackageGroupName=name)
    except ClientError as error:
        if not is_missing(error):
            raise
        return GroupChanges(name, "create", settings=_lines({}, tags), new_tags=tags)
    if not (tags or old_tags):
        # Who has no tags needs no permission to read them.
        return GroupChanges(name, "unchanged")
    arn = found["ModelPackageGroupArn"]
    pages = client.get_paginator("list_tags").paginate(ResourceArn=arn)
    present = {tag["Key"]: tag["Value"] for page in pages for tag in page.get("Tags", [])}
    new = {key: value for key, value in tags.items() if present.get(key) != value}
    old = [key for key, value in old_tags.items() if key not in tags and present.get(key) == value]
    wanted = {key: value for key, value in {**present, **new}.items() if key not in old}
    settings = _lines(present, wanted)
    return GroupChanges(name, "update" if settings else "unchanged", arn, settings, new, tuple(sorted(old)))


def change_group(session: Session, changes: GroupChanges) -> bool:
    """Makes a group what it should be. Whether RegisterModel would make a missing one is not documented.

    Returns:
        Whether anything was done.
    """
    client = session.client("sagemaker")
    tags = [{"Key": key, "Value": value} for key, value in changes.new_tags.items()]
    if changes.action == "create":
        return _create(session, changes.name, tags)
    if changes.old_tags:
        client.delete_tags(ResourceArn=changes.arn, TagKeys=list(changes.old_tags))
    if tags:
        client.add_tags(ResourceArn=changes.arn, Tags=tags)
    return changes.action != "unchanged"


def _create(session: Session, name: str, tags: list[dict[str, str]]) -> bool:
    more = {"Tags": tags} if tags else {}
    try:
        session.client("sagemaker").create_model_package_group(ModelPackageGroupName=name, **more)
    except ClientError as error:
        # Another upsert was faster.
        if not is_taken(error):
            raise
        return False
    return True


def _lines(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Line, ...]:
    keys = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    return tuple(tag_line(key, old.get(key), new.get(key)) for key in keys)
