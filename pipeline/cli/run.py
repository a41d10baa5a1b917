"""upsert, start and run: what changes a pipeline or sets it going."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline import executions
from pipeline.bucket import as_folder, require_objects
from pipeline.cli import console, watching
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Parameters, Profile, Region
from pipeline.cli.target import Target, parse_parameters
from pipeline.config.loader import Loaded
from pipeline.errors import Finding, UsageError
from pipeline.session import Session
from pipeline.upsert import Desired, Upserted
from pipeline.upsert import upsert as bring_about

_S3_URI = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?")


def upsert(
    config: ConfigFile = DEFAULT_CONFIG,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Uploads the step programs and creates or updates the pipeline. Doing it twice changes nothing."""
    job = _Job.of(Target(config, local, profile, region))
    done = job.upsert()
    if as_json:
        console.result_json(done.to_json())
    else:
        console.result(f"pipeline {job.loaded.config.name}: {done.action}")


def start(
    config: ConfigFile = DEFAULT_CONFIG,
    parameter: Parameters = None,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Starts an execution of the pipeline as it was last upserted, and returns at once."""
    parameters = parse_parameters(parameter)
    target = Target(config, local, profile, region)
    session = target.session()
    loaded = target.load(session)
    parameters = _checked(session, loaded, parameters)
    arn = executions.start(session, loaded.config.name, parameters)
    if as_json:
        console.result_json({"arn": arn})
    else:
        console.result(arn)
        console.note(f"follow it: imgpipe watch{watching.options(target)}")


def run(
    config: ConfigFile = DEFAULT_CONFIG,
    parameter: Parameters = None,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Upserts the pipeline, starts an execution and follows it until it ends.

    Exits with 1 if the execution does not succeed. Interrupted while it follows, the execution goes on.
    """
    parameters = parse_parameters(parameter)
    target = Target(config, local, profile, region)
    with _telling_if_interrupted("interrupted; no execution was started"):
        job = _Job.of(target)
        done = job.upsert()
        console.note(f"pipeline {job.loaded.config.name} on {job.session.engine}: {done.action}")
        parameters = _checked(job.session, job.loaded, parameters)
    more = watching.options(target)
    with _telling_if_interrupted(f"interrupted; an execution may have started: imgpipe status{more}"):
        arn = executions.start(job.session, job.loaded.config.name, parameters)
    watching.follow(job.session, arn, target, as_json=as_json)


@dataclass(frozen=True)
class _Job:
    session: Session
    loaded: Loaded

    @classmethod
    def of(cls, target: Target) -> _Job:
        session = target.session()
        loaded = target.load(session)
        for warning in loaded.warnings:
            console.note(str(warning))
        return cls(session, loaded)

    def upsert(self) -> Upserted:
        # Seconds to import, so only where a definition is built.
        from pipeline.definition import build_definition

        config, facts = self.loaded.config, self.loaded.facts
        definition = build_definition(config, facts)
        desired = Desired(
            name=config.name,
            definition=definition.text,
            bucket=facts.bucket,
            bundles=definition.bundles,
            group=config.group,
            role=facts.role,
        )
        return bring_about(self.session, desired)


@contextmanager
def _telling_if_interrupted(text: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        console.note(f"\n{text}")
        raise


def _checked(session: Session, loaded: Loaded, parameters: Mapping[str, str]) -> Mapping[str, str]:
    """The parameters, their prefixes ending in a slash: `s3://b/train` alone matches `train-old/` too."""
    data = loaded.config.data
    prefixes = {"TrainData": data.train, "ValidationData": data.validation}
    given = {name: parameters.get(name, uri) for name, uri in prefixes.items()}
    bad = [_bad_uri(name, uri) for name, uri in given.items() if not _S3_URI.fullmatch(uri)]
    if bad:
        raise UsageError(*bad)
    require_objects(session, given)
    return {**parameters, **{name: as_folder(given[name]) for name in prefixes if name in parameters}}


def _bad_uri(name: str, uri: str) -> Finding:
    hint = f"write {name}=s3://BUCKET/PREFIX"
    return Finding("R109", "bad-uri", f"parameter '{name}' is '{uri}', which is no S3 prefix", hint=hint)
