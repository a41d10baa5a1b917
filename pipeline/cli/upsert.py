"""upsert: what brings a pipeline to the state that the YAML describes."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.cli import console
from pipeline.cli.building import build
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Profile, Region
from pipeline.cli.target import Target
from pipeline.config.loader import Loaded
from pipeline.session import Session
from pipeline.upsert import Desired, Upserted
from pipeline.upsert import upsert as bring_about


def upsert(
    config: ConfigFile = DEFAULT_CONFIG,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Uploads the step programs and creates or updates the pipeline. Doing it twice changes nothing."""
    job = Job.of(Target(config, local, profile, region))
    done = job.upsert()
    if as_json:
        console.result_json(done.to_json())
    else:
        console.result(f"pipeline {job.loaded.config.name}: {done.action}")


@dataclass(frozen=True)
class Job:
    """A config and where it goes."""

    session: Session
    loaded: Loaded

    @classmethod
    def of(cls, target: Target) -> Job:
        """The config of a target, and a session on it."""
        session = target.session()
        return cls(session, target.load_to_build(session))

    def upsert(self) -> Upserted:
        """Builds the definition, and brings the pipeline to it."""
        config, facts = self.loaded.config, self.loaded.facts
        definition = build(self.loaded)
        desired = Desired(
            name=config.name,
            definition=definition.text,
            bucket=facts.bucket,
            bundles=definition.bundles,
            group=config.group,
            role=facts.role,
        )
        return bring_about(self.session, desired)
