"""data pack and data split: what is made of checked images."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import console
from pipeline.cli.data_place import Asked, find
from pipeline.cli.data_table import show
from pipeline.cli.home import home
from pipeline.cli.meter import metered
from pipeline.cli.options import Json, Local, Profile, Region
from pipeline.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.data.dataset import DataSet
    from pipeline.data.packing import Scaling
    from pipeline.data.splitting import Place
    from steps.validate.library import Judgement, Ledger

ConfigFile = Annotated[Path | None, typer.Option("--config", "-c", help="The YAML file with the rules.")]


def pack(
    place: Annotated[
        str, typer.Argument(metavar="DIR|s3://…", help="The images, as `data check` takes them.")
    ],
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="Gets train/train.rec, .idx, .lst and validation/….")
    ],
    resize: Annotated[
        int | None, typer.Option(min=1, metavar="PIXELS", help="Shrink the shorter side of larger images.")
    ] = None,
    quality: Annotated[int, typer.Option(min=1, max=95, help="Of the JPEGs that --resize makes.")] = 95,
    config: ConfigFile = None,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Packs images into RecordIO files, which the algorithm reads faster than single files.

    They are checked first; with errors nothing is packed. Images come in an order that looks random and
    is the same each time. Without --resize each keeps its bytes.
    """
    from pipeline.data.check import check, opened, workspace
    from pipeline.data.output_folder import require_empty
    from pipeline.data.packing import Scaling
    from steps.validate.library import cores

    data, settings = find(Asked(place, config, local, profile, region))
    require_empty(out, None if place.startswith("s3://") else Path(place).resolve())
    at = workspace(home(os.environ), data, None)
    with opened(at, data, settings) as ledger, metered() as meter:
        judgement = check(ledger, data, settings, at, cores(), meter)
        if not judgement.passed:
            show(judgement)
            raise typer.Exit(ExitCode.FAILED)
        _pack(ledger, data, judgement, Scaling(resize, quality) if resize else None, at.report, out)
    counts = {split: count.usable for split, count in judgement.census.splits.items()}
    _tell(counts, out, as_json=as_json)


def split(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Holds CLASS/….")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Gets train/CLASS/… and validation/CLASS/….")],
    validation: Annotated[
        float, typer.Option(min=0.01, max=0.5, help="Share of each class that validates.")
    ] = 0.2,
    copy: Annotated[bool, typer.Option("--copy", help="Copy the files instead of linking them.")] = False,
    lists: Annotated[bool, typer.Option("--lists", help="Write train.lst and validation.lst only.")] = False,
    as_json: Json = False,
) -> None:
    """Divides images into training and validation images. DIR stays as it is.

    The same share of each class validates, chosen by what the images hold: the same images are always on the
    same side, and so are copies. OUT gets hard links, which take no space, where the disk allows it.
    """
    from pipeline.data.check import look, opened, workspace
    from pipeline.data.dataset import find_undivided
    from pipeline.data.images import flawed
    from pipeline.data.output_folder import require_empty
    from pipeline.data.rules import rules_of
    from pipeline.data.splitting import divided, require_images
    from steps.validate.library import cores

    data, root = find_undivided(folder)
    require_empty(out, folder.resolve())
    settings = replace(rules_of(None, is_divided=False), validation_share=validation)
    at = workspace(home(os.environ), data, None)
    with opened(at, data, settings) as ledger, metered() as meter:
        look(ledger, data, settings, cores(), meter)
        require_images(ledger, data.name)
        counts = divided(ledger, validation)
        _make(ledger, root, out, counts, _way(copy=copy, lists=lists))
        unusable = flawed(ledger)
    if unusable:
        console.note(f"left out: {unusable:,} that cannot be used; `imgpipe data check {folder}` tells why")
    _tell(counts, out, as_json=as_json)


def _pack(
    ledger: Ledger, data: DataSet, judgement: Judgement, scaling: Scaling | None, report: Path, out: Path
) -> None:
    """Makes OUT, which appears when all of it is there."""
    from pipeline.data.output_folder import appearing
    from pipeline.data.packing import pack

    classes = [one.name for one in judgement.census.classes]
    with appearing(out) as folder:
        for split, count in judgement.census.splits.items():
            source = data.sources.get(split, data.sources["train"])
            steps = pack(ledger, split, source, classes, scaling, folder)
            for _ in console.progress(steps, count.usable, f"packing {split}"):
                pass
        shutil.copyfile(report / "classes.json", folder / "classes.json")


def _way(*, copy: bool, lists: bool) -> Place | None:
    """How a file gets to its place; None for lists."""
    from pipeline.data.splitting import link

    if lists:
        return None
    return shutil.copy2 if copy else link


def _make(ledger: Ledger, root: Path, out: Path, counts: Mapping[str, int], place: Place | None) -> None:
    from pipeline.data.splitting import lay_out, write_lists

    if place is None:
        write_lists(ledger, out)
        return
    for _ in console.progress(lay_out(ledger, root, out, place), sum(counts.values()), "dividing"):
        pass


def _tell(counts: Mapping[str, int], out: Path, *, as_json: bool) -> None:
    if as_json:
        console.result_json({**counts, "out": str(out)})
    else:
        told = ", ".join(
            f"{count:,} to {'train' if name == 'train' else 'validate'}" for name, count in counts.items()
        )
        console.result(f"{out}: {told}")
