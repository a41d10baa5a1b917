from __future__ import annotations

from pipeline.config import machines
from steps.instance_types import INSTANCE_TYPES


def test_the_table_is_current() -> None:
    assert machines.FILE.read_text(encoding="utf-8") == machines.text(), (
        "run python -m pipeline.config.machines"
    )


def test_the_table_holds_what_botocore_lists() -> None:
    listed = {
        kind: {f"ml.{family}.{size}" for family, sizes in families.items() for size in sizes.split()}
        for kind, families in INSTANCE_TYPES.items()
    }
    assert listed == machines.types()
