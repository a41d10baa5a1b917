"""A folder to write configs in, and the two ways that reading one can end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipeline.account import AccountFacts
from pipeline.config.loader import Loaded, load_config
from pipeline.errors import ConfigError, ExitCode

WHOLE = """\
version: 1
name: digits
data:
  train: s3://my-bucket/train
  validation: s3://my-bucket/validation
gate:
  accuracy: 0.9
"""
"""The least that is a config. Tests append to it, so its lines are 1 to 7."""

Load = Callable[..., Loaded]
Refuse = Callable[..., str]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Reads a text as c.yaml, beside other files where they are given."""
    monkeypatch.chdir(tmp_path)

    def read(
        text: str | bytes,
        *,
        facts: AccountFacts | None = None,
        environ: Mapping[str, str] | None = None,
        **others: str,
    ) -> Loaded:
        content = text.encode() if isinstance(text, str) else text
        Path("c.yaml").write_bytes(content)
        for name, other in others.items():
            Path(f"{name}.yaml").write_text(other, encoding="utf-8")
        return load_config(Path("c.yaml"), facts=facts, environ=environ or {})

    return read


@pytest.fixture
def refuse(load: Load) -> Refuse:
    """Reads a text as c.yaml, and returns what the error says."""

    def read(text: str | bytes, *, environ: Mapping[str, str] | None = None, **others: str) -> str:
        with pytest.raises(ConfigError) as caught:
            load(text, environ=environ, **others)
        assert caught.value.exit_code is ExitCode.USAGE
        return str(caught.value)

    return read


def told(text: str) -> str:
    """A finding without the lines of the file."""
    lines = (line for line in text.splitlines() if " | " not in line and not line.endswith(" |"))
    return "\n".join(line.strip() for line in lines)
