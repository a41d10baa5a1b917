"""endpoint and predict: what serves, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipeline import endpoints
from pipeline.cli import console
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Profile, Region
from pipeline.cli.target import Target
from pipeline.errors import ExitCode
from pipeline.session import Session

EndpointName = Annotated[str | None, typer.Option("--endpoint", help="Its name; else the config's.")]


def status(
    config: ConfigFile = DEFAULT_CONFIG,
    endpoint: EndpointName = None,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Shows whether the endpoint is in service, and with which model."""
    session, name = _find(Target(config, local, profile, region), endpoint)
    seen = endpoints.status(session, name)
    if as_json:
        console.result_json(seen.to_json())
        return
    rows = [("endpoint", seen.name), ("status", seen.status), ("config", seen.config)]
    rows += [("model", model) for model in seen.models]
    rows += [("changed", f"{seen.changed:%Y-%m-%d %H:%M:%S %Z}")]
    rows += [("reason", seen.reason)] if seen.reason else []
    console.result("\n".join(f"{label:<9} {text}" for label, text in rows))


def delete(
    config: ConfigFile = DEFAULT_CONFIG,
    endpoint: EndpointName = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Deletes the endpoint and its config. The model and the registry stay."""
    session, name = _find(Target(config, local, profile, region), endpoint)
    endpoints.status(session, name)
    if not yes and not console.confirm(f"Delete endpoint {name} on {session.engine}?"):
        console.note("nothing was deleted; `--yes` deletes without asking")
        raise typer.Exit(ExitCode.FAILED)
    endpoints.delete(session, name)
    if as_json:
        console.result_json({"deleted": name})
    else:
        console.result(f"endpoint {name}: deleted")


def predict(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JPEG or PNG images.")],
    config: ConfigFile = DEFAULT_CONFIG,
    endpoint: EndpointName = None,
    top: Annotated[int, typer.Option(min=1, help="Labels to show for an image.")] = 1,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Sends images to the endpoint and prints for each the likeliest labels with their probabilities."""
    endpoints.check_images(files)
    session, name = _find(Target(config, local, profile, region), endpoint)
    class_names = endpoints.labels(session, name)
    predictions = [endpoints.predict(session, name, file, class_names) for file in files]
    if as_json:
        console.result_json([prediction.to_json() for prediction in predictions])
    else:
        console.result(_table(predictions, top))


def _table(predictions: Sequence[endpoints.Prediction], top: int) -> str:
    rows = [
        (prediction.file if rank == 0 else "", label, f"{probability:.4f}")
        for prediction in predictions
        for rank, (label, probability) in enumerate(prediction.ranking[:top])
    ]
    return console.table(rows, ("FILE", "LABEL", "PROBABILITY"))


def _find(target: Target, endpoint: str | None) -> tuple[Session, str]:
    session = target.session()
    return session, endpoint or target.load(session).config.endpoint
