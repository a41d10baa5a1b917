"""From a YAML file to a checked config: reading, `extends`, `${name}`, types, ranges and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.account import AccountFacts
from pipeline.config.files import read_tree
from pipeline.config.model import PipelineConfig, problems
from pipeline.config.node import Block, mark_of, plain_data
from pipeline.config.placeholders import FACTS, Names
from pipeline.config.source import finding
from pipeline.config.translation import keys_of, translate
from pipeline.errors import ConfigError, Finding, Place
from steps.config import Problem, Section


@dataclass(frozen=True)
class Loaded:
    """A config without errors, and what was learned on the way.

    Attributes:
        config: The config.
        facts: The account to build for: the given facts, where the config does not say otherwise.
        stand_ins: Names of the facts that were neither given nor configured, and had to be made up.
        warnings: Findings that do not stop anything.
        root: The tree of values with their places.
    """

    config: PipelineConfig
    facts: AccountFacts
    stand_ins: tuple[str, ...]
    warnings: tuple[Finding, ...]
    root: Block

    def place(self, *path: str | int) -> Place:
        """Where the value of a key stands, or else the nearest value around it."""
        return mark_of(self.root, path).place


def load_config(path: Path, *, facts: AccountFacts | None, environ: Mapping[str, str]) -> Loaded:
    """Read a config and everything that it extends, and check all of it.

    Args:
        path: The YAML file. Errors name it as it is given here.
        facts: The account that `${bucket}` and the like stand for. Without it, facts that neither the config
            nor the environment (IMGPIPE_<NAME>) gives are made up.
        environ: The environment.

    Raises:
        ConfigError: With all findings, in the order of their places.
    """
    tree = read_tree(path)
    names = Names(tree, facts, environ)
    root = names.fill(tree)
    assert isinstance(root, Block)
    account = names.account_facts()
    config, found = _checked(root)
    if names.findings:
        # What is wrong with a value because its ${name} could not be replaced has been said.
        found = [*names.findings, *(one for one in found if one.place not in names.unfilled)]
    found.sort(key=lambda one: _position(one, path))
    mistakes = [one for one in found if one.severity == "error"]
    if config is None or mistakes:
        raise ConfigError(*mistakes)
    stand_ins = tuple(name for name in FACTS if name in names.stand_ins)
    return Loaded(config, account, stand_ins, tuple(found), root)


def _checked(root: Block) -> tuple[PipelineConfig | None, list[Finding]]:
    """The config, if its types and ranges are right, and all findings about it.

    The rules of a section are applied even where the types of another one are wrong, so that nobody meets
    them one after the other.
    """
    data = plain_data(root)
    assert isinstance(data, dict)
    found = []
    config, broken = None, set()
    try:
        config = PipelineConfig.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        broken = {one["loc"][0] for one in details}
        found = [translate(one, root) for one in details]
    for key, section in _sections().items():
        if key not in broken:
            found += [
                _problem(one, root, key) for one in section.model_validate(data.get(key, {})).problems()
            ]
    if config is None:
        return None, found
    found += [_problem(one, root) for one in problems(config)]
    config, missing = _with_weights(config, root)
    return config, [*found, *missing]


def _sections() -> dict[str, type[Section]]:
    kinds = {key: field.annotation for key, field in keys_of(PipelineConfig).items()}
    return {key: kind for key, kind in kinds.items() if isinstance(kind, type) and issubclass(kind, Section)}


def _problem(problem: Problem, root: Block, *above: str) -> Finding:
    details = (("why", problem.why),) if problem.why else ()
    mark = mark_of(root, (*above, *problem.path))
    return finding(
        problem.code, problem.message, mark, hint=problem.hint, details=details, severity=problem.severity
    )


_WEIGHTS = ("train", "pretrained", "weights")


def _with_weights(config: PipelineConfig, root: Block) -> tuple[PipelineConfig, list[Finding]]:
    """The config with the absolute path of its weights, and a finding if there is no such file."""
    given = config.train.pretrained.weights
    if given is None:
        return config, []
    mark = mark_of(root, _WEIGHTS)
    # A NUL makes is_file() false, not an error.
    weights = (Path(mark.source.file).parent / given).absolute()
    if not weights.is_file():
        hint = "the path starts at the YAML file that names it"
        return config, [finding("C208", f"there is no file {weights}", mark, hint=hint)]
    pretrained = config.train.pretrained.model_copy(update={"weights": str(weights)})
    train = config.train.model_copy(update={"pretrained": pretrained})
    return config.model_copy(update={"train": train}), []


def _position(one: Finding, main: Path) -> tuple[bool, str, int, int]:
    """Sorts findings by place, those of the main file first."""
    place = one.place or Place(str(main), 1, 1)
    return place.file != str(main), place.file, place.line, place.column
