"""A measured figure beside its peer, and the table of all of them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measurement.

    Attributes:
        id: Stable name.
        ours: What we measured of ourselves, in `unit`.
        theirs: What the same run measured of the peer, or the limit that we hold ourselves to.
        unit: Seconds ("s") or megabytes ("MB"), where less is better, or a rate such as "images/s", where
            more is.
        peer: Who "they" are.
    """

    id: str
    ours: float
    theirs: float
    unit: str
    peer: str

    @property
    def ratio(self) -> float:
        """How many times better than the peer; above 1 is better, whatever the unit."""
        return self.theirs / self.ours if self.unit in ("s", "MB") else self.ours / self.theirs


def machine() -> str:
    """What was measured on, in words."""
    model = platform.processor() or platform.machine()
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{len(os.sched_getaffinity(0))} cores, {model}, Python {platform.python_version()}"


def table(figures: Sequence[Figure]) -> str:
    """The figures for people."""
    rows = [("FIGURE", "OURS", "THEIRS", "UNIT", "RATIO", "PEER")]
    rows += [
        (each.id, f"{each.ours:.3g}", f"{each.theirs:.3g}", each.unit, f"{each.ratio:.2f}", each.peer)
        for each in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def write(figures: Sequence[Figure], file: Path) -> None:
    """The figures for programs: a list of {id, ours, theirs, ratio, unit, peer, machine}."""
    here = machine()
    rows = [{**asdict(each), "ratio": each.ratio, "machine": here} for each in figures]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(rows, indent=2) + "\n")


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
