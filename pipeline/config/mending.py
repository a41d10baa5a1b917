"""A config with wrong values, made whole, so that the rules can be applied to what is right in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.model import PipelineConfig
from pipeline.config.node import Block, Path, plain_data
from pipeline.config.translation import meant_key
from steps.config import Problem

_DATA = {"train": "s3://stand-in/train", "validation": "s3://stand-in/validation"}
_GATE = {"accuracy": 1.0}
_STAND_INS: dict[Path, Any] = {
    ("version",): 1,
    ("name",): "stand-in",
    ("data",): _DATA,
    ("gate",): _GATE,
    **{("data", key): value for key, value in _DATA.items()},
    **{("gate", key): value for key, value in _GATE.items()},
}
"""What the rules see in place of a value that the config must have and that is wrong or missing."""


@dataclass(frozen=True)
class Mended:
    """A config whose wrong values have given way to defaults or stand-ins.

    Attributes:
        config: The config.
        errors: What pydantic found wrong.
        wrong: Paths of the values that gave way.
        kept: For lists that lost items, by path: where each item that is left stood before.
    """

    config: PipelineConfig
    errors: tuple[ErrorDetails, ...]
    wrong: frozenset[Path]
    kept: Mapping[Path, tuple[int, ...]]

    def place_of(self, problem: Problem, *above: str) -> Path | None:
        """The path of the culprit in the config as given; None if the problem rests on a value that gave way.

        Args:
            problem: What a rule says about `config`.
            above: Keys that lead to the section of the rule.
        """
        paths = ((*above, *one) for one in (problem.path, *problem.reads))
        path, *read = (_as_given(one, self.kept) for one in paths)
        return None if any(self._gave_way(one) for one in (path, *read)) else path

    def _gave_way(self, path: Path) -> bool:
        return any(path[:length] in self.wrong for length in range(1, len(path) + 1))


def mend(root: Block) -> Mended:
    """Validate a config, and put right what is wrong with it."""
    data = plain_data(root)
    assert isinstance(data, dict)
    errors: tuple[ErrorDetails, ...] = ()
    wrong: set[Path] = set()
    kept: dict[Path, list[int]] = {}
    while True:
        # More than once, as a list may have lost all its items. Whatever is said later is about our mending.
        try:
            config = PipelineConfig.model_validate(data)
        except ValidationError as error:
            found = error.errors(include_url=False)
        else:
            return Mended(config, errors, frozenset(wrong), {path: tuple(one) for path, one in kept.items()})
        errors = errors or tuple(found)
        culprits = {_culprit(data, one["loc"]) for one in found}
        wrong |= {_as_given(path, kept) for path in culprits}
        wrong |= {_as_given(meant, kept) for one in found if (meant := meant_key(one))}
        places = {path: _as_given(path, kept) for path in _outermost(culprits)}
        for path in sorted(places, key=_depth_and_index, reverse=True):
            _replace(data, path, kept, places[path])


def _outermost(culprits: set[Path]) -> set[Path]:
    """Those that do not lie in another one, which goes as a whole."""
    return {path for path in culprits if not any(path[:length] in culprits for length in range(1, len(path)))}


def _as_given(path: Path, kept: Mapping[Path, Sequence[int]]) -> Path:
    """The path in the config as given, where lists may have had more items."""
    given: Path = ()
    for step in path:
        before = kept.get(given)
        given = (*given, before[step] if before is not None and isinstance(step, int) else step)
    return given


def _depth_and_index(path: Path) -> tuple[int, int]:
    """Sorts paths so that, from the last to the first, taking out one item does not move another."""
    return len(path), path[-1] if isinstance(path[-1], int) else -1


def _culprit(data: Any, location: Path) -> Path:
    """The path in the data, which differs from pydantic's where one text stands for a list of one.

    A section that lacks a key which has no stand-in is a culprit as a whole.
    """
    node: Any = data
    for depth, step in enumerate(location):
        if isinstance(node, dict) and step not in node:
            return location[: depth + 1] if location in _STAND_INS else location[:depth]
        if isinstance(node, str):
            return location[:depth]
        node = node[step]
    return location


def _replace(data: Any, path: Path, kept: dict[Path, list[int]], given: Path) -> None:
    """Put a stand-in in the place of a wrong value, or take the value out.

    Args:
        data: The config.
        path: Where the value is in it.
        kept: See Mended.
        given: Where the value was in the config as given.
    """
    for step in path[:-1]:
        data = data[step]
    if path in _STAND_INS:
        data[path[-1]] = deepcopy(_STAND_INS[path])
    elif isinstance(data, list):
        assert isinstance(path[-1], int)
        del kept.setdefault(given[:-1], list(range(len(data))))[path[-1]], data[path[-1]]
    else:
        del data[path[-1]]
