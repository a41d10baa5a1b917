"""Definitions: a config in, the JSON that SageMaker runs out."""

from pipeline.definition.build import Definition, build_definition

__all__ = ["Definition", "build_definition"]
