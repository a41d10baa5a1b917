"""endpoint and predict: what serves, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipeline import endpoints
from pipeline.cli import console
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Profile, Region
from pipeline.cli.target import Target
from pipeline.errors import ExitCode, RunError
from pipeline.session import Session

_Answers = Iterable[tuple[Path, endpoints.Prediction | RunError]]

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
    config_text = f"{seen.config} (deleted)" if seen.config_deleted else seen.config
    rows = [("endpoint", seen.name), ("status", seen.status), ("config", config_text)]
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
    endpoints.require(session, name)
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
    top: Annotated[
        int | None, typer.Option(min=1, help="Labels to show for an image; else 1, with --json all.")
    ] = None,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Sends images to the endpoint and prints for each the likeliest labels with their probabilities.

    An image that is refused does not stop the others: all refusals are told at the end, and the exit status
    is 1.
    """
    endpoints.check_images(files)
    session, name = _find(Target(config, local, profile, region), endpoint)
    class_names = endpoints.labels(session, name)
    if not class_names:
        console.note("the endpoint's model does not name its classes; labels are class indices")
    answers = _answers(session, name, files, class_names)
    refusals = _print_json(answers, top) if as_json else _print_table(answers, files, class_names, top or 1)
    if refusals:
        raise RunError(*(finding for refusal in refusals for finding in refusal.findings))


def _answers(
    session: Session, name: str, files: Sequence[Path], class_names: Sequence[str]
) -> Iterator[tuple[Path, endpoints.Prediction | RunError]]:
    for file in files:
        try:
            yield file, endpoints.predict(session, name, file, class_names)
        except RunError as refusal:
            yield file, refusal


def _print_json(answers: _Answers, top: int | None) -> list[RunError]:
    """Prints one list, even if an error cuts it short: the answers until then were paid for."""
    printed: list[dict[str, object]] = []
    refusals: list[RunError] = []
    try:
        for file, answer in answers:
            if isinstance(answer, RunError):
                refusals.append(answer)
                printed.append({"file": str(file), "error": answer.findings[0].to_json()})
            else:
                printed.append(answer.top(top).to_json())
    finally:
        console.result_json(printed)
    return refusals


def _print_table(
    answers: _Answers, files: Sequence[Path], class_names: Sequence[str], top: int
) -> list[RunError]:
    """Prints rows as they come, so the widths are those of all files and labels that may follow."""
    refusals: list[RunError] = []
    headings = ("FILE", "LABEL", "PROBABILITY")
    file_width = max(len(text) for text in (headings[0], *map(str, files)))
    label_width = max(len(text) for text in (headings[1], *class_names))

    def line(file: str, label: str, probability: str) -> str:
        return f"{file:<{file_width}}  {label:<{label_width}}  {probability}"

    begun = False
    for _, answer in answers:
        if isinstance(answer, RunError):
            refusals.append(answer)
            continue
        rows = [] if begun else [line(*headings)]
        begun = True
        for rank, (label, probability) in enumerate(answer.top(top).ranking):
            rows.append(line(answer.file if rank == 0 else "", label, f"{probability:.4f}"))
        console.result("\n".join(rows))
    return refusals


def _find(target: Target, endpoint: str | None) -> tuple[Session, str]:
    session = target.session()
    return session, endpoint or target.load(session).config.endpoint
