"""A definition with all that is wrong with it, built anew only if something has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.account import AccountFacts
from pipeline.config.model import PipelineConfig
from pipeline.definition.build import Definition, build_definition
from pipeline.definition.cache import Cache, Entry, code_hash, key_of
from pipeline.language.problem import Problem


@dataclass(frozen=True)
class Checked:
    """A definition and what the checks found in it, in the order of the document."""

    definition: Definition
    problems: tuple[Problem, ...]


def checked_definition(
    config: PipelineConfig,
    facts: AccountFacts,
    cache: Cache,
    on_build: Callable[[], None],
    on_unkept: Callable[[OSError], None],
) -> Checked:
    """The definition of a pipeline for an account, checked.

    Args:
        config: The config.
        facts: The account.
        cache: Where definitions are kept.
        on_build: Called before the SageMaker SDK is imported, which takes seconds.
        on_unkept: Called with the reason if a definition that was built cannot be kept. It is as good.

    Raises:
        ConfigError: Code D101, if SageMaker has no image for a step in the region.
    """
    key = key_of(config, facts, code_hash())
    kept = cache.get(key)
    if kept is None:
        on_build()
        built = build_definition(config, facts)
        # The checks load botocore's model of SageMaker, which a kept definition does not need.
        from pipeline.checks.engine import problems

        kept = Entry(built.text, problems(built.text), built.bundles)
        try:
            cache.put(key, kept)
        except OSError as error:
            on_unkept(error)
    return Checked(Definition(config.name, kept.text, kept.bundles), kept.problems)
