"""upsert: what brings a pipeline to the state that the YAML, a plan or an earlier version describes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import console
from pipeline.cli.building import build
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Profile, Region
from pipeline.cli.target import Target
from pipeline.config.loader import Loaded
from pipeline.errors import Finding, UsageError
from pipeline.session import Session
from pipeline.upserting import plan_file
from pipeline.upserting.desired import Desired
from pipeline.upserting.upsert import Upserted, bring_back
from pipeline.upserting.upsert import upsert as bring_about

if TYPE_CHECKING:
    from pipeline.definition import Definition

_SIGNS = {"created": "+", "updated": "~", "unchanged": " "}

PlanArgument = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="A plan, to apply instead of the YAML.")
]
ToVersion = Annotated[
    int | None, typer.Option(min=1, help="Bring back the definition of this version of the pipeline.")
]


def upsert(
    plan: PlanArgument = None,
    config: ConfigFile = DEFAULT_CONFIG,
    to_version: ToVersion = None,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Uploads the step programs and creates or updates the pipeline. Doing it twice changes nothing."""
    target = Target(config, local, profile, region)
    if plan is not None:
        _refuse_beside(plan, config=config, to_version=to_version)
        name, done = _apply(plan, target)
    else:
        job = Job.of(target) if to_version is None else Job.without_build(target)
        name = job.loaded.config.name
        done = job.upsert() if to_version is None else job.bring_back(to_version)
    if as_json:
        console.result_json(done.to_json())
        return
    console.result("\n".join(_lines(name, done)))
    if to_version is not None and done.action != "unchanged":
        for line in done.changes.lines() if done.changes else ():
            console.note(f"    {line}")
        console.note(
            f"the YAML still says otherwise: the next upsert of it replaces version {to_version} again"
        )


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

    @classmethod
    def without_build(cls, target: Target) -> Job:
        """The same for whoever makes no definition of the config: which machines may run concerns nobody."""
        session = target.session()
        return cls(session, target.load(session))

    def upsert(self) -> Upserted:
        """Builds the definition, and brings the pipeline to it."""
        return bring_about(
            self.session, desired(self.loaded, build(self.loaded, local=self.session.is_local))
        )

    def bring_back(self, version: int) -> Upserted:
        """Brings the pipeline to the definition of an earlier version."""
        return bring_back(self.session, self.loaded.config.name, self.loaded.facts.bucket, version)


def desired(loaded: Loaded, definition: Definition) -> Desired:
    """What should exist by a config."""
    config = loaded.config
    return Desired(
        name=config.name,
        definition=definition.text,
        bucket=loaded.facts.bucket,
        bundles=definition.bundles,
        group=config.group,
        role=loaded.facts.role,
        tags=config.tags,
        parallelism=config.parallelism,
    )


def _apply(path: Path, target: Target) -> tuple[str, Upserted]:
    """Does what a plan says, and nothing else."""
    plan = plan_file.read(path)
    plan.check_engine(local=target.local, region=target.region)
    session = Target(target.config, target.local, target.profile, plan.region).session()
    plan.check_account(session)
    return plan.desired.name, bring_about(session, plan.desired, plan.guard)


def _refuse_beside(plan: Path, *, config: Path, to_version: int | None) -> None:
    beside = [] if to_version is None else ["--to-version"]
    if config != DEFAULT_CONFIG:
        beside.append("--config")
    if beside:
        message = f"{' and '.join(beside)} cannot stand beside the plan {plan}"
        hint = "a plan holds all that it needs; leave out one of them"
        raise UsageError(Finding("R129", "plan-beside", message, hint=hint))


def _lines(name: str, done: Upserted) -> Iterator[str]:
    """What was done, in the words of a plan."""
    more = f" ({done.changes.summary})" if done.changes and done.action == "updated" else ""
    version = f", version {done.version}" if done.version and done.action != "unchanged" else ""
    yield f"{_SIGNS[done.action]} pipeline {name}: {done.action}{version}{more}"
    for thing in done.made:
        yield f"+ {thing}: created"
    for thing in done.updated:
        yield f"~ {thing}: updated"
    for uri in done.uploaded:
        yield f"+ {uri.rsplit('/', 1)[-1]}: uploaded"
    yield _total(done)


def _total(done: Upserted) -> str:
    counts = {
        "created": (done.action == "created") + len(done.made),
        "updated": (done.action == "updated") + len(done.updated),
        "uploaded": len(done.uploaded),
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing to do"
