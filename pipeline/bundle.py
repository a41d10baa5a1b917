"""Packs the program of a processing step into one file, under the hash of its content.

The file is a zipapp: `python3 validate.pyz` runs steps/validate/program.py with the modules that it imports.
Same code, same bytes, on any machine: a definition changes only if a program does.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PACKAGE = "steps"

_MAIN = """\
from steps.{room}.program import main

if __name__ == "__main__":  # not in the worker processes of a program
    raise SystemExit(main())
"""

# The oldest time that a zip file can hold. The content's hash must not depend on the clock.
_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Bundle:
    """A packed program.

    Attributes:
        room: The room in `steps` that the program is in.
        sha256: Hash of `content`, in hexadecimal digits.
        content: The file.
    """

    room: str
    sha256: str
    content: bytes = field(repr=False)

    def key(self, pipeline: str) -> str:
        """Its key in the bucket of a pipeline. A key that exists holds this very content."""
        return f"{pipeline}/code/{self.sha256}/{self.room}.pyz"

    def uri(self, bucket: str, pipeline: str) -> str:
        """Its S3 URI."""
        return f"s3://{bucket}/{self.key(pipeline)}"


def bundle(room: str, package: Path | None = None) -> Bundle:
    """Pack the program of a room.

    Args:
        room: Its name, such as validate.
        package: The folder of the package `steps`; by default the one that Python would import.
    """
    root = package or _installed()
    files = {"__main__.py": _MAIN.format(room=room).encode()}
    for path in _files(root, room):
        files[f"{_PACKAGE}/{path.relative_to(root).as_posix()}"] = path.read_bytes()
    content = _packed(files)
    return Bundle(room, hashlib.sha256(content).hexdigest(), content)


def _installed() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _files(root: Path, room: str) -> list[Path]:
    """The program's module, all modules of `steps` that it leads to, and the room's templates and the like.

    The room's config.py and step.py are not among them: no program imports them.
    """
    found: set[Path] = set()
    waiting = [root / room / "program.py"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found |= {path, *_initializers(root, path)}
        waiting += _imported(root, path)
    others = (path for path in (root / room).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted(found.union(path for path in others if path.suffix not in (".py", ".pyc")))


def _initializers(root: Path, path: Path) -> Iterator[Path]:
    """The __init__.py of each package that a module is in."""
    for folder in path.parents:
        if (folder / "__init__.py").is_file():
            yield folder / "__init__.py"
        if folder == root:
            return


def _imported(root: Path, path: Path) -> Iterator[Path]:
    """The files of the modules of `steps` that a module imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            first, *rest = name.split(".")
            module = root.joinpath(*rest).with_suffix(".py")
            if first == _PACKAGE and rest and module.is_file():
                yield module


def _packed(files: dict[str, bytes]) -> bytes:
    """A zip file of the files, in the order of their names.

    It is not compressed: what zlib makes of the same bytes differs between its builds.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system = 3  # as on Unix, also where it is packed on Windows
            info.external_attr = 0o644 << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()
