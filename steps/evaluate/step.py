"""The step EvaluateModel: figures and a report page from the scores."""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.steps import ProcessingStep

from steps.evaluate.config import EvaluateConfig
from steps.jobs.security import Machine
from steps.jobs.step import processing_step
from steps.step import Program, Site, Variable

NAME = "EvaluateModel"
_EVALUATION = PropertyFile(name="Evaluation", output_name="evaluation", path="evaluation.json")


def evaluate_model(
    site: Site,
    config: EvaluateConfig,
    given: Mapping[str, Variable],
    machine: Machine,
    inputs: Mapping[str, Variable],
) -> ProcessingStep:
    """The step.

    Args:
        site: Where the pipeline lives.
        config: The section `evaluate`.
        given: Keys of it that can be changed when the pipeline is started.
        machine: What the step runs on.
        inputs: S3 URIs of scores, validation_lst and report, and of the manifest of the images: validation.
    """
    program = Program(
        room="evaluate",
        arguments=(),
        inputs=inputs,
        # All images may lie under one prefix, of which these are a small part.
        manifests=frozenset({"validation"}),
        outputs={"evaluation": site.results(NAME, "evaluation")},
        live=frozenset(),
        machine=machine,
        volume_gb=given["volume_gb"],
        max_runtime=given["max_runtime"],
        environment=config.environment,
    )
    return processing_step(site, NAME, program, _EVALUATION, config.retry, site.caching)


def metric(name: str) -> Variable:
    """A metric of evaluation.json."""
    return JsonGet(step_name=NAME, property_file=_EVALUATION, json_path=f"metrics.{name}")


def result(step: ProcessingStep, file: str) -> Variable:
    """S3 URI of a file that the step writes: evaluation.json or report.html."""
    folder = step.properties.ProcessingOutputConfig.Outputs["evaluation"].S3Output.S3Uri
    return Join(on="/", values=[folder, file])
