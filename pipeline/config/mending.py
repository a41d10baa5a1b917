"""A config with wrong values, made whole, so that the rules can be applied to what is right in it."""

from __future__ import annotations

from collections.abc import Mapping
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
        path, *read = (self._as_given((*above, *one)) for one in (problem.path, *problem.reads))
        return None if any(self._gave_way(one) for one in (path, *read)) else path

    def _as_given(self, path: Path) -> Path:
        """The path in the config as given, where lists may have had more items."""
        given: Path = ()
        for step in path:
            before = self.kept.get(given)
            given = (*given, before[step] if before is not None and isinstance(step, int) else step)
        return given

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
            places = {path: tuple(indexes) for path, indexes in kept.items()}
            return Mended(config, errors, frozenset(wrong), places)
        errors = errors or tuple(found)
        culprits = {_culprit(data, one["loc"]) for one in found}
        for path in sorted(_outermost(culprits), key=_index, reverse=True):
            _replace(data, path, kept)
        wrong |= culprits | {meant for one in found if (meant := meant_key(one))}


def _outermost(culprits: set[Path]) -> set[Path]:
    """Those that do not lie in another one, which goes as a whole."""
    return {path for path in culprits if not any(path[:length] in culprits for length in range(1, len(path)))}


def _index(path: Path) -> int:
    """The index of an item. From the last to the first, taking one out does not move the others."""
    return path[-1] if isinstance(path[-1], int) else -1


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


def _replace(data: Any, path: Path, kept: dict[Path, list[int]]) -> None:
    """Put a stand-in in the place of a wrong value, or take the value out."""
    for step in path[:-1]:
        data = data[step]
    if path in _STAND_INS:
        data[path[-1]] = deepcopy(_STAND_INS[path])
    elif isinstance(data, list):
        index = _index(path)
        del kept.setdefault(path[:-1], list(range(len(data))))[index], data[index]
    else:
        del data[path[-1]]
