from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.account import AccountFacts
from pipeline.config.loader import Loaded, load_config

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/imgpipe-execution"
FACTS = AccountFacts(ACCOUNT, "us-east-1", "aws", f"sagemaker-us-east-1-{ACCOUNT}", ROLE)
IDENTITY = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/ann"}
STS = {"get_caller_identity": IDENTITY}

LEAST = """\
version: 1
name: digits
data:
  train: s3://${bucket}/digits/train
  validation: s3://${bucket}/digits/validation
gate: {accuracy: 0.9}
"""

Load = Callable[..., Loaded]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Reads the least config with a text after it, or another text, as c.yaml."""
    monkeypatch.chdir(tmp_path)

    def read(more: str = "", *, text: str = LEAST, facts: AccountFacts = FACTS) -> Loaded:
        Path("c.yaml").write_text(text + more, encoding="utf-8")
        return load_config(Path("c.yaml"), facts=facts, environ={})

    return read
