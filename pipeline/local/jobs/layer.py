"""A Python environment on top of the one that this project runs in, for what a job installs.

A layer sees all the packages of this Python. What is installed with its own pip goes into the layer, and
comes before them. It is made of a few files, as PEP 405 defines a virtual environment: `python -m venv` takes
a second, and would base it on the Python that ours is based on.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

_NAMES = ("python", "python3", f"python{sys.version_info[0]}.{sys.version_info[1]}")

_PIP = """#!/bin/sh
exec "$(dirname "$0")/python3" -m pip "$@"
"""


def make_layer(folder: Path) -> None:
    """Make a layer in a folder that does not exist, or is empty."""
    python = Path(getattr(sys, "_base_executable", "") or sys.executable)
    programs = folder / "bin"
    packages = folder / "lib" / _NAMES[-1] / "site-packages"
    programs.mkdir(parents=True)
    packages.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text(
        f"home = {python.parent}\ninclude-system-site-packages = false\n", encoding="utf-8"
    )
    for name in _NAMES:
        (programs / name).symlink_to(python)
    for name in ("pip", "pip3"):
        (programs / name).write_text(_PIP, encoding="ascii")
        (programs / name).chmod(0o755)
    (packages / "below.pth").write_text(_below(), encoding="utf-8")


def python_of(folder: Path) -> Path:
    """The Python of a layer."""
    return folder / "bin" / "python3"


def search_path(folder: Path, path: str | None) -> str:
    """PATH with the programs of a layer in front."""
    return os.pathsep.join([str(folder / "bin"), *([path] if path else [])])


def _below() -> str:
    """Lines of a .pth file that add our packages, and what their own .pth files add."""
    places = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    return "".join(f"import site; site.addsitedir({place!r})\n" for place in places)
