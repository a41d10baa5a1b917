"""The table of SageMaker's instance types, made from botocore's description of the service.

`python -m pipeline.config.machines` writes steps/instance_types.py. Configs are checked by that table, as
importing botocore would make `imgpipe validate` slow.
"""

from __future__ import annotations

from pathlib import Path

import botocore
from botocore.model import StringShape
from botocore.session import Session

FILE = Path(__file__).parents[2] / "steps" / "instance_types.py"

_SHAPES = {
    "training": "TrainingInstanceType",
    "processing": "ProcessingInstanceType",
    "transform": "TransformInstanceType",
    "endpoint": "ProductionVariantInstanceType",
}
"""The shape that lists the types of each kind of machine."""

_BEGINNING = '''\
"""The instance types that SageMaker knows. Made by `python -m pipeline.config.machines`: do not edit."""

SOURCE = "botocore {version}"

INSTANCE_TYPES: dict[str, dict[str, str]] = {{
'''


def types() -> dict[str, frozenset[str]]:
    """The instance types of each kind of machine, by botocore."""
    model = Session().get_service_model("sagemaker")
    shapes = {kind: model.shape_for(shape) for kind, shape in _SHAPES.items()}
    return {kind: frozenset(shape.enum) for kind, shape in shapes.items() if isinstance(shape, StringShape)}


def text() -> str:
    """The content of steps/instance_types.py."""
    tables = "".join(_table(kind, names) for kind, names in types().items())
    end = '}\n"""Sizes by kind of machine and family."""\n'
    return _BEGINNING.format(version=botocore.__version__) + tables + end


def _table(kind: str, names: frozenset[str]) -> str:
    families: dict[str, list[str]] = {}
    for name in sorted(names):
        _, family, size = name.split(".")
        families.setdefault(family, []).append(size)
    rows = (f'        "{family}": "{" ".join(sizes)}",\n' for family, sizes in families.items())
    return f'    "{kind}": {{\n{"".join(rows)}    }},\n'


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
