"""`make soak`: kills the server at random moments of a busy pipeline, and checks all that it acknowledged."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.soak import Soak


def main() -> None:
    """Leaves the folder of a soak that failed, for a look."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how many times the server is killed")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of what is random")
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="imgpipe-soak-"))
    _say(f"seed {arguments.seed}, folder {home}")
    started = time.monotonic()
    soak = Soak(home, arguments.seed, _say)
    soak.run(arguments.kills)
    sys.stdout.write(f"{soak.summary()} in {time.monotonic() - started:.0f} s: nothing was lost\n")
    _remove(home)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _remove(home: Path) -> None:
    import shutil

    shutil.rmtree(home)


if __name__ == "__main__":
    main()
