"""What should exist: a pipeline and what it needs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.bundle import Bundle


@dataclass(frozen=True)
class Desired:
    """What should exist.

    Attributes:
        name: Of the pipeline.
        definition: Its JSON.
        bucket: Where code goes.
        bundles: The programs that the definition refers to.
        group: Model package group.
        role: ARN that the pipeline runs as.
        tags: Of the pipeline. Others that it has are left alone.
        parallelism: How many steps of an execution may run at once; None leaves it as it is.
    """

    name: str
    definition: str
    bucket: str
    bundles: tuple[Bundle, ...]
    group: str
    role: str
    tags: Mapping[str, str] = field(default_factory=dict)
    parallelism: int | None = None

    def to_json(self) -> dict[str, Any]:
        """All of it, the programs included."""
        return {
            "name": self.name,
            "definition": self.definition,
            "bucket": self.bucket,
            "programs": [_program(bundle) for bundle in self.bundles],
            "group": self.group,
            "role": self.role,
            "tags": dict(self.tags),
            "parallelism": self.parallelism,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Desired:
        """What `to_json` made.

        Raises:
            KeyError, TypeError, ValueError: It did not, or a program is not the one that its hash names.
        """
        bundles = tuple(_bundle(program) for program in value["programs"])
        parts = {key: value[key] for key in ("name", "definition", "bucket", "group", "role", "parallelism")}
        return cls(**parts, bundles=bundles, tags=dict(value["tags"]))


def _program(bundle: Bundle) -> dict[str, str]:
    content = base64.b64encode(bundle.content).decode()
    return {"room": bundle.room, "sha256": bundle.sha256, "content": content}


def _bundle(program: Mapping[str, Any]) -> Bundle:
    content = base64.b64decode(program["content"], validate=True)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != program["sha256"]:
        raise ValueError(f"program {program['room']} has another hash than it says")
    return Bundle(program["room"], sha256, content)
