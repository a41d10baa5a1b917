"""start: what sets a pipeline going as it was last upserted."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline import executions
from pipeline.bucket import as_folder, require_objects
from pipeline.cli import console, watching
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Parameters, Profile, Region
from pipeline.cli.target import Target, parse_parameters
from pipeline.config.loader import Loaded
from pipeline.errors import Finding, UsageError
from pipeline.session import Session

_S3_URI = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?")


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
    parameters = checked_parameters(session, loaded, parameters)
    arn = executions.start(session, loaded.config.name, parameters)
    if as_json:
        console.result_json({"arn": arn})
    else:
        console.result(arn)
        console.note(f"follow it: imgpipe watch{watching.options(target)}")


def checked_parameters(session: Session, loaded: Loaded, parameters: Mapping[str, str]) -> Mapping[str, str]:
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
