"""problems.jsonl: every single problem, one JSON object a line; report.json holds only examples."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from steps.container import writing_atomically
from steps.validate.findings import Problem


@contextmanager
def writing_problems(file: Path) -> Iterator[Callable[[Problem], None]]:
    """What takes each problem as it is found. The file appears when the block ends."""
    with writing_atomically(file) as lines:

        def write(problem: Problem) -> None:
            lines.write(f"{json.dumps(problem.to_json())}\n".encode())

        yield write
