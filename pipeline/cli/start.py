"""start: what sets a pipeline going as it was last upserted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from pipeline import executions
from pipeline.bucket import as_folder, require_objects
from pipeline.cli import console, watching
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Parameters, Profile, Region
from pipeline.cli.part import Asked, FromStep, Only, Part, SourceExecution, find_part
from pipeline.cli.target import Target, parse_parameters
from pipeline.config.loader import Loaded
from pipeline.errors import Finding, UsageError
from pipeline.language.definition import DefinitionError
from pipeline.language.parameters import overridden
from pipeline.language.problem import Problem
from pipeline.session import Session
from pipeline.starting import stored
from pipeline.starting.parameters import check
from pipeline.starting.stored import Stored

_S3_URI = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?")
_PREFIXES = {"train": "TrainData", "validation": "ValidationData"}
"""The parameter of each prefix of images."""

Token = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="Any text, such as a CI job's id; again with it, nothing new starts."),
]
Version = Annotated[
    int | None,
    typer.Option(min=1, metavar="NUMBER", help="Start this version of the pipeline instead of the newest."),
]
Wait = Annotated[bool, typer.Option("--wait", help="Follow it to its end; exit with 1 unless it succeeds.")]


def start(
    config: ConfigFile = DEFAULT_CONFIG,
    parameter: Parameters = None,
    from_step: FromStep = None,
    only: Only = None,
    source: SourceExecution = None,
    version: Version = None,
    token: Token = None,
    wait: Wait = False,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Starts an execution of the pipeline as it was last upserted, and returns at once.

    Parameters are checked first: names, types, choices, and whether the steps can work with them. With
    --from-step or --only they are those that the source was started with; -p changes them.
    """
    given = parse_parameters(parameter)
    if token is not None and not token.strip():
        raise UsageError(_empty_token())
    target = Target(config, local, profile, region)
    session = target.session()
    loaded = target.load(session)
    name = loaded.config.name
    pipeline = stored.load(session, name, version)
    part = find_part(session, pipeline, given, Asked(from_step, only, source))
    parameters = checked_parameters(session, loaded, pipeline, given, part)
    before = executions.recent(session, name)
    arn = executions.start(
        session,
        name,
        parameters,
        token=token,
        version=version,
        steps=part.selection.selected if part else (),
        source=part.source.arn if part and part.source else None,
    )
    tell_others(before, arn, target)
    if wait:
        watching.follow(session, arn, target, as_json=as_json)
    elif as_json:
        more = part.to_json() if part else {}
        console.result_json({"arn": arn, "parameters": dict(parameters), **more})
    else:
        console.result(arn)
        console.note(f"follow it: imgpipe watch{watching.options(target)}")


def checked_parameters(
    session: Session, loaded: Loaded, pipeline: Stored, given: Mapping[str, str], part: Part | None = None
) -> Mapping[str, str]:
    """What an execution is to be started with, judged by the pipeline and by what is on S3.

    Prefixes end in a slash: `s3://b/train` alone matches `train-old/` too.

    Raises:
        UsageError: Values cannot be right.
        RunError: Nothing lies where data is to be read.
    """
    parameters = {**(part.parameters if part else {}), **given}
    try:
        definition = pipeline.definition
    except DefinitionError as error:
        console.note(f"note: parameters are left to the service, as the definition cannot be read: {error}")
        return parameters

    def find_problems(text: str, values: Mapping[str, str]) -> list[Problem]:
        found = _problems(text, values)
        return [problem for problem in found if part is None or part.concerns(pipeline, problem)]

    for warning in check(pipeline, parameters, find_problems):
        console.note(str(warning))
    values, _ = overridden(definition.parameters, parameters)
    prefixes = {_PREFIXES[key]: uri for key, uri in loaded.config.data.prefixes.items()}
    read = {
        name: str(values.get(name, uri))
        for name, uri in prefixes.items()
        if part is None or part.reads(pipeline, name)
    }
    bad = [_bad_uri(name, uri) for name, uri in read.items() if not _S3_URI.fullmatch(uri)]
    if bad:
        raise UsageError(*bad)
    require_objects(session, read)
    return {name: as_folder(text) if name in prefixes else text for name, text in parameters.items()}


def tell_others(before: Mapping[str, str], own: str, target: Target) -> None:
    """Says what was running already: nobody is kept from starting another execution beside it.

    Args:
        before: Status by ARN of the executions that there were before the start.
        own: ARN of the one that was started.
        target: Where the command went.
    """
    if own in before:
        earlier = f"{_id(own)} was started with this token before, and is {before[own]}"
        console.note(f"note: {earlier}; nothing new was started")
        return
    more = watching.options(target)
    for arn in (arn for arn, status in before.items() if status not in executions.TERMINAL):
        console.note(
            f"note: execution {_id(arn)} is running too\n"
            f"  watch it  imgpipe watch --execution {_id(arn)}{more}\n"
            f"  stop it   imgpipe stop --execution {_id(arn)}{more}"
        )


def _empty_token() -> Finding:
    return Finding(
        "R112",
        "empty-token",
        "--token is empty",
        details=(("why", "all starts with the same token are one start, and nothing new would ever start"),),
        hint="give it a text of its own for each start that is meant; is a variable unset?",
    )


def _id(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _problems(text: str, given: Mapping[str, str]) -> Sequence[Problem]:
    # It loads botocore's model of SageMaker, which a start without parameters does not need.
    from pipeline.checks.engine import problems

    return problems(text, given)


def _bad_uri(name: str, uri: str) -> Finding:
    hint = f"write {name}=s3://BUCKET/PREFIX"
    return Finding("R109", "bad-uri", f"parameter '{name}' is '{uri}', which is no S3 prefix", hint=hint)
