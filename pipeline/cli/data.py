"""data: sample images and uploads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import console
from pipeline.cli.options import DEFAULT_CONFIG, ConfigFile, Json, Local, Profile, Region
from pipeline.cli.target import Target

if TYPE_CHECKING:
    from pipeline.data.push import Pushed

_EXAMPLES = 3


def sample(
    folder: Annotated[Path, typer.Argument(help="Where to; made if missing.")] = Path("sample-data"),
    as_json: Json = False,
) -> None:
    """Lays out real images to try imgpipe on: 1,797 handwritten digits of the UCI repository.

    They ship inside scikit-learn, so this needs no network. train/ and validation/ hold one folder a class;
    held-out/ holds images that are in neither, for predict.
    """
    from pipeline.data.sample import write_digits

    summary = write_digits(folder)
    if as_json:
        console.result_json(summary.to_json())
    else:
        console.result(str(summary))


def push(
    folder: Annotated[
        Path,
        typer.Argument(help="Holds train/CLASS/…, and validation/CLASS/… if the config has such a prefix."),
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace objects that differ.")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Delete objects that the folder lacks.")] = False,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Uploads a folder to the config's data prefixes. What is there already is not sent again.

    Hidden files and those of operating systems are skipped. Links are followed inside the folder only.
    """
    from pipeline.data.folder import read_splits
    from pipeline.data.push import push as upload

    target = Target(config, local, profile, region)
    splits = read_splits(folder, target.load_offline().config.data.prefixes)
    for split in splits.values():
        for text in split.notes():
            console.note(text)
    session = target.session()
    pushed = upload(
        session,
        splits,
        target.load(session).config.data.prefixes,
        overwrite=overwrite,
        delete=delete,
        progress=lambda items, total: console.progress(items, total, "uploading"),
    )
    skipped = sum(len(split.skipped) for split in splits.values())
    if as_json:
        console.result_json(pushed.to_json() | {"skipped": skipped})
        return
    console.result(f"{pushed.uploaded:,} files uploaded, {pushed.present:,} were there already")
    if pushed.foreign:
        console.note(_foreign_objects(pushed))
    if pushed.uploaded:
        console.note("`imgpipe data check` tells whether they can be trained on")


def _foreign_objects(pushed: Pushed) -> str:
    count, examples = len(pushed.foreign), ", ".join(pushed.foreign[:_EXAMPLES])
    more = f", … and {count - _EXAMPLES:,} more" if count > _EXAMPLES else ""
    if pushed.deleted:
        return f"deleted what the folder lacks, {count:,} in all: {examples}{more}"
    return (
        f"warning: the folder lacks {count:,} that lie under the prefixes and are used too: "
        f"{examples}{more}\n"
        "  hint: `--delete` deletes them; other images want prefixes of their own (data: in the YAML)"
    )
