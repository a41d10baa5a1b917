"""From a YAML file to a checked config: reading, `extends`, `${name}`, types, ranges and rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.account import AccountFacts
from pipeline.config.files import read_tree
from pipeline.config.mending import mend
from pipeline.config.model import PipelineConfig
from pipeline.config.node import Block, mark_of
from pipeline.config.placeholders import FACTS, Names
from pipeline.config.rules import problems
from pipeline.config.source import Mark, finding
from pipeline.config.translation import meant_key, translate
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
    document = read_tree(path)
    names = Names(document.root, facts, environ)
    root = names.fill(document.root)
    assert isinstance(root, Block)
    account = names.account_facts()
    config, checked = _checked(root)
    # What is wrong with a value because it is tagged or its ${name} could not be replaced has been said.
    said = {one.place for one in document.findings} | (names.unfilled if names.findings else set())
    found = [*document.findings, *names.findings, *(one for one in checked if one.place not in said)]
    found.sort(key=lambda one: _position(one, path))
    mistakes = [one for one in found if one.severity == "error"]
    if mistakes:
        raise ConfigError(*mistakes)
    stand_ins = tuple(name for name in FACTS if name in names.stand_ins)
    return Loaded(config, account, stand_ins, tuple(found), root)


def _checked(root: Block) -> tuple[PipelineConfig, list[Finding]]:
    """The config, and all findings about it.

    The rules are applied to what is right even where other values are wrong, so that nobody meets the
    problems one after the other.
    """
    mended = mend(root)
    # A key that is missing because it is misspelt is told once, at the misspelt one.
    meant = {meant_key(one) for one in mended.errors}
    told = (one for one in mended.errors if one["type"] != "missing" or one["loc"] not in meant)
    found = [translate(one, root) for one in told]
    rules: list[tuple[tuple[str, ...], Iterator[Problem]]] = [((), problems(mended.config))]
    for name, field in PipelineConfig.model_fields.items():
        section = getattr(mended.config, name)
        if isinstance(section, Section):
            rules.append(((field.alias or name,), section.problems()))
    for above, said in rules:
        for problem in said:
            path = mended.place_of(problem, *above)
            if path is not None:
                found.append(_problem(problem, mark_of(root, path)))
    config, missing = _with_weights(mended.config, root)
    return config, [*found, *missing]


def _problem(problem: Problem, mark: Mark) -> Finding:
    details = (("why", problem.why),) if problem.why else ()
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
