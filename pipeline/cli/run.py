"""run: upsert, start and watch in one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline import executions
from pipeline.cli import console, watching
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Parameters, Profile, Region
from pipeline.cli.start import checked_parameters, tell_others
from pipeline.cli.target import Target, parse_parameters
from pipeline.cli.upsert import Job
from pipeline.starting import stored


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
        job = Job.of(target)
        done = job.upsert()
        console.note(f"pipeline {job.loaded.config.name} on {job.session.engine}: {done.action}")
        pipeline = stored.load(job.session, job.loaded.config.name)
        parameters = checked_parameters(job.session, job.loaded, pipeline, parameters)
        before = executions.recent(job.session, pipeline.name)
    more = watching.options(target)
    with _telling_if_interrupted(f"interrupted; an execution may have started: imgpipe status{more}"):
        arn = executions.start(job.session, job.loaded.config.name, parameters)
    tell_others(before, arn, target)
    watching.follow(job.session, arn, target, as_json=as_json)


@contextmanager
def _telling_if_interrupted(text: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        console.note(f"\n{text}")
        raise
