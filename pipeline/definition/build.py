"""From a config to the definition that SageMaker runs. No step of it asks AWS, or needs an account."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.account import AccountFacts
from pipeline.bundle import Bundle, bundle
from pipeline.config.model import PipelineConfig
from pipeline.definition.document import rendered

_PROGRAMS = ("validate", "evaluate")


@dataclass(frozen=True)
class Definition:
    """A pipeline as SageMaker takes it.

    Attributes:
        name: Name of the pipeline.
        text: JSON, the same for the same config, account and programs.
        bundles: Programs that the definition names, to be uploaded before it runs.
    """

    name: str
    text: str
    bundles: tuple[Bundle, ...]


def build_definition(config: PipelineConfig, facts: AccountFacts) -> Definition:
    """Build the definition of a pipeline for an account.

    The first call takes seconds: it imports the SageMaker SDK.

    Raises:
        ConfigError: Code D101, if SageMaker has no image for a step in the region.
    """
    # These import boto3 and the SDK, which whoever has a kept definition does not need.
    from pipeline.definition.offline import offline_sdk

    bundles = tuple(bundle(room) for room in _PROGRAMS)
    with offline_sdk(facts.region):
        from pipeline.definition.assembly import assemble

        compiled = assemble(config, facts, bundles)
    return Definition(config.name, rendered(compiled), bundles)
