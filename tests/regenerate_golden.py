"""Golden definitions: what the configs of this project become, and those of tests/golden/configs.

`python -m tests.regenerate_golden` writes them anew; look at what git says has changed.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.config.loader import load_config
from pipeline.definition import build_definition

GOLDEN = Path(__file__).parent / "golden"
FOLDERS = (Path(__file__).parents[1] / "config", GOLDEN / "configs")
CONFIGS = {file.stem: file for folder in FOLDERS for file in sorted(folder.glob("*.yaml"))}
NAMES = tuple(CONFIGS)


def golden(name: str) -> Path:
    """The file of a definition."""
    return GOLDEN / f"{name}.json"


def text(name: str) -> str:
    """The definition of a config, for no account, with the names of the programs in place of their hashes."""
    loaded = load_config(CONFIGS[name], facts=None, environ={})
    definition = build_definition(loaded.config, loaded.facts)
    written = definition.text
    for bundle in definition.bundles:
        written = written.replace(bundle.sha256, f"<hash of {bundle.room}.pyz>")
    return written


if __name__ == "__main__":
    for each in NAMES:
        golden(each).write_text(text(each), encoding="utf-8")
