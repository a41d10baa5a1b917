"""docs/algorithm.md: what the built-in algorithm takes, made from its contract and the config's descriptions.

`python -m tests.generate_algorithm` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.config.codes import CODES
from steps.train import contract
from steps.train.config import Hyperparameters
from steps.train.kinds import OneOf
from steps.train.table import PAGE as HYPERPARAMETER_PAGE
from steps.train.table import TABLE, Hyperparameter

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
    return _BEGINNING + "".join(map(_row, TABLE)) + _channels() + _machines() + "".join(_codes())


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
