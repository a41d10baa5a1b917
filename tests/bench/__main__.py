"""`make bench`: measures all figures, or those of the modules that are named."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from tests.bench import (
    commands,
    definition,
    engine,
    figures,
    objects,
    quickstart,
    serving,
    soak,
    suite,
    training,
    validation,
)
from tests.bench.figures import Figure
from tests.bench.peers import ROOT

BENCHES: Mapping[str, Callable[[], list[Figure]]] = {
    "commands": commands.figures,
    "definition": definition.figures,
    "training": training.figures,
    "serving": serving.figures,
    "soak": soak.figures,
    "validation": validation.figures,
    "engine": engine.figures,
    "objects": objects.figures,
    "quickstart": quickstart.figures,
    "suite": suite.figures,
}


def main(names: list[str]) -> None:
    """Prints the table and writes build/bench.json."""
    measured: list[Figure] = []
    for name in names or BENCHES:
        sys.stderr.write(f"measuring {name} …\n")
        measured += BENCHES[name]()
    figures.write(measured, ROOT / "build" / "bench.json")
    sys.stdout.write(f"{figures.table(measured)}\n{figures.machine()}\n")


main(sys.argv[1:])
