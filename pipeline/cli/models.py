"""models: the registry."""

from __future__ import annotations

from pipeline import registry
from pipeline.cli import console
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Profile, Region
from pipeline.cli.target import Target


def list_models(
    config: ConfigFile = DEFAULT_CONFIG,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Lists the versions in the config's model package group, newest first, with their accuracy."""
    target = Target(config, local, profile, region)
    session = target.session()
    group = target.load(session).config.group
    found = registry.models(session, group)
    if as_json:
        console.result_json([model.to_json() for model in found])
        return
    if not found:
        console.note(f"group {group} has no models yet; a passed gate registers one")
        return
    rows = [
        (str(model.version), model.approval, _accuracy(model), f"{model.created:%Y-%m-%d %H:%M}", model.arn)
        for model in found
    ]
    console.result(console.table(rows, ("VERSION", "APPROVAL", "ACCURACY", "CREATED", "ARN")))


def _accuracy(model: registry.Model) -> str:
    accuracy = model.metrics.get("accuracy")
    return "unknown" if accuracy is None else f"{accuracy:.4f}"
