"""Which images a command is about, and the rules for them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli import console
from pipeline.cli.options import DEFAULT_CONFIG
from pipeline.cli.target import Target
from pipeline.errors import Finding, UsageError

if TYPE_CHECKING:
    from pipeline.config.model import PipelineConfig
    from pipeline.data.dataset import DataSet
    from pipeline.session import Session
    from steps.validate.library import Settings


@dataclass(frozen=True)
class Asked:
    """What the command line says of it.

    Attributes:
        place: A folder or a prefix of S3; None for the config's prefixes.
        config: The YAML file; None for the usual one, if it is there.
        local: Whether S3 is that of the local SageMaker.
        profile: AWS profile.
        region: AWS region.
    """

    place: str | None
    config: Path | None = None
    local: bool = False
    profile: str | None = None
    region: str | None = None

    def session(self) -> Session:
        """Connects."""
        target = self._target()
        if target is not None or self.local:
            return (target or Target(DEFAULT_CONFIG, self.local, self.profile, self.region)).session()
        from pipeline.session import connect_aws

        return connect_aws(self.profile, self.region, os.environ)

    def read_config(self, session: Session | None) -> PipelineConfig | None:
        """The config; with the facts of the session's account if there is one. None without a config."""
        target = self._target()
        if target is None:
            return None
        return (target.load(session) if session else target.load_offline()).config

    def _target(self) -> Target | None:
        if self.config is None and not DEFAULT_CONFIG.exists():
            return None
        return Target(self.config or DEFAULT_CONFIG, self.local, self.profile, self.region)


def find(asked: Asked) -> tuple[DataSet, Settings]:
    """The data set and its rules; what was assumed is told.

    Raises:
        UsageError: There are no such images.
    """
    from pipeline.data.dataset import shown
    from pipeline.data.rules import in_words, rules_of

    data, config = _find(asked)
    settings = rules_of(config, is_divided=data.is_divided)
    if config is None:
        console.note(f"no {DEFAULT_CONFIG}: the usual rules are {in_words(settings)}")
    if not data.is_divided and settings.validation_share is not None:
        share = settings.validation_share
        console.note(
            f"{data.name} has no validation images of its own: {share:.0%} of each class is kept for that"
        )
    if data.beside:
        console.note(f"not looked at, beside train/ and validation/: {shown(data.beside)}")
    return data, settings


def _find(asked: Asked) -> tuple[DataSet, PipelineConfig | None]:
    from pipeline.data import dataset

    if asked.place is None:
        if asked.config is None and not DEFAULT_CONFIG.exists():
            raise UsageError(_nothing_named())
        session = asked.session()
        config = asked.read_config(session)
        assert config is not None
        return dataset.configured(session, config.data.prefixes, asked.profile), config
    if asked.place.startswith("s3://"):
        return dataset.find_prefix(asked.session(), asked.place, asked.profile), asked.read_config(None)
    return dataset.find_folder(Path(asked.place)), asked.read_config(None)


def _nothing_named() -> Finding:
    return Finding(
        "R219",
        "no-place",
        f"no images are named, and there is no {DEFAULT_CONFIG} that does",
        hint="name a folder or a prefix, such as `imgpipe data check DIR`",
    )
