"""docs/algorithm.md: what the built-in algorithm takes, made from its contract and the config's descriptions.

`python -m tests.generate_algorithm` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.config.codes import CODES
from steps.train import contract
from steps.train.config import Hyperparameters
from steps.train.hyperparameters import ABSENT, CIFAR_SIDES, MIN_SIDE
from steps.train.kinds import OneOf
from steps.train.table import CIFAR_LAYERS, IMAGENET_LAYERS, TABLE, Hyperparameter
from steps.train.table import PAGE as HYPERPARAMETER_PAGE

FILE = Path(__file__).parents[1] / "docs" / "algorithm.md"

_COUNTED = {
    "num_classes": "Number of classes; the pipeline takes it from what ValidateImages counted.",
    "num_training_samples": "Number of training images; the pipeline takes it from there too.",
}

_CODES = (
    *("C201", "C202", "C203", "C204", "C206", "C207", "C209", "C210"),
    *("C214", "C216", "C218", "C219", "C220", "C224"),
    *(
        "C252",
        "C253",
        "C254",
        "C261",
        "C262",
        "C263",
        "C264",
        "C265",
        "C266",
        "C267",
        "C268",
        "C269",
        "C273",
        "C274",
        "C275",
        "C282",
    ),
)

_BEGINNING = f"""\
# The built-in Image Classification algorithm

<!-- Made by `python -m tests.generate_algorithm`. Change steps/train/table.py or contract.py, not this. -->

What SageMaker's algorithm takes, as AWS documents it. Configs, definitions (`imgpipe validate --definition
FILE`) and the local SageMaker's trainer are checked by this one contract. Where AWS does not say what
happens, there is a warning at most; nothing here was tried on AWS.

## Hyperparameters

All of them reach the algorithm as text. The meanings are those of the keys of `train.hyperparameters` in a
config. Source: <https://{HYPERPARAMETER_PAGE}>

| name | takes | default | only with | meaning |
|---|---|---|---|---|
"""


def page() -> str:
    """The content of docs/algorithm.md."""
    return _BEGINNING + "".join(map(_row, TABLE)) + _channels() + _local() + _machines() + "".join(_codes())


def _row(one: Hyperparameter) -> str:
    takes = one.kind.words
    if isinstance(one.kind, OneOf):
        takes = ", ".join(f"`{choice}`" for choice in one.kind.choices)
    default = "**required**" if one.required else f"`{one.default}`" if one.default else ""
    meaning = _COUNTED.get(one.name) or Hyperparameters.model_fields[one.name].description
    return f"| `{one.name}` | {takes} | {default} | {_needs(one)} | {meaning} |\n"


def _needs(one: Hyperparameter) -> str:
    if one.needs is None:
        return "several machines" if one.name == "kv_store" else ""
    values = " or ".join(f"`{value}`" for value in one.needs.values)
    return f"`{one.needs.name}` {values}".strip()


def _channels() -> str:
    names = ", ".join(f"`{name}`" for name in contract.CHANNELS)
    return f"""
## Channels

Source: <https://{contract.PAGE}>

| data | channels | content type | input mode |
|---|---|---|---|
| image files and their lists | {names} | `{contract.IMAGE_TYPE}` | File; FullyReplicated |
| RecordIO | `train`, `validation` | `{contract.RECORD_TYPE}` | File or Pipe |
| augmented manifests | `train`, `validation` | `{contract.RECORD_TYPE}` | Pipe |
| an earlier model, beside any of these | `{contract.MODEL_CHANNEL}` | `{contract.MODEL_TYPE}` | File |

The records of an augmented manifest are wrapped as RecordIO (RecordWrapperType) and made of two attributes
(AttributeNames): the image, then its label.

A model reads {_listed(contract.IMAGE_TYPES)}, one image a request, and answers with
{_listed(contract.ANSWER_TYPES)}.
"""


def _local() -> str:
    rows = "".join(f"| {what} | {why} |\n" for what, why in _left_out())
    return f"""
## In the local trainer

The program that stands for the algorithm on this machine takes all of this but:

| what | why |
|---|---|
{rows}
RecordIO needs no `.idx` file; a `.lst` file of its name, which it was packed from, tells the names of the
classes. `kv_store` is taken and does nothing: one machine trains. Networks of 18 to 200 layers are those of
torchvision, whose weights they take; those of 20 to 110 are the CIFAR networks of "Identity Mappings in Deep
Residual Networks" (He et al., 2016), as in MXNet. What is wrong with hyperparameters is told before any data
is read, all at once, after the words "Customer Error".
"""


def _left_out() -> Iterator[tuple[str, str]]:
    """What the local trainer refuses, and why."""
    for name, why in ABSENT.items():
        yield f"`{name}` above 0", why.partition(";")[0]
    least, most = CIFAR_SIDES
    sides = "`image_shape` {} with `num_layers` of {}"
    yield "`image_shape` of other than 3 channels", "the networks take RGB"
    yield sides.format(f"below {MIN_SIDE}", _numbers(IMAGENET_LAYERS)), "they halve an image five times"
    yield sides.format(f"outside {least} to {most}", _numbers(CIFAR_LAYERS)), "they are for small images"
    yield "`top_k` above `num_classes`", "there are no k classes to guess"
    yield "`beta_1` or `beta_2` of 1", "Adam divides by zero"
    yield (
        "augmented manifests, and Pipe mode at all",
        "inputs are copied to files; AWS gives manifests in Pipe mode only",
    )
    yield (
        f"a model of AWS's container in `{contract.MODEL_CHANNEL}`",
        "it is MXNet's; the earlier `model.tar.gz` must be this trainer's",
    )


def _numbers(layers: tuple[int, ...]) -> str:
    return ", ".join(map(str, layers))


def _listed(names: tuple[str, ...]) -> str:
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} or {last}"


def _machines() -> str:
    families = (f"| {family} | {_gpus(sizes)} |\n" for family, sizes in contract.GPUS.items())
    return (
        "\n## Machines for training\n\n"
        "The GPUs of a machine share each batch. AWS has retired P2, and asked to leave P3.\n\n"
        f"| family | GPUs by size |\n|---|---|\n{''.join(families)}"
    )


def _gpus(sizes: object) -> str:
    assert isinstance(sizes, dict)
    return ", ".join(f"{size} {count}" for size, count in sizes.items())


def _codes() -> Iterator[str]:
    yield "\n## What is told\n\n| code | name | meaning |\n|---|---|---|\n"
    yield from (f"| {code} | {CODES[code].slug} | {CODES[code].meaning} |\n" for code in _CODES)


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
