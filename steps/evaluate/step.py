"""The step EvaluateModel: figures and a report page from the scores."""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.steps import ProcessingStep

from steps.config import seconds
from steps.evaluate.config import EvaluateConfig
from steps.step import Program, Site, Variable, job

NAME = "EvaluateModel"
_EVALUATION = PropertyFile(name="Evaluation", output_name="evaluation", path="evaluation.json")


def evaluate_model(
    site: Site, config: EvaluateConfig, instance_type: Variable, inputs: Mapping[str, Variable]
) -> ProcessingStep:
    """The step.

    Args:
        site: Where the pipeline lives.
        config: The section `evaluate`.
        instance_type: Machine of the step.
        inputs: S3 URIs of scores, validation_lst, report and validation.
    """
    program = Program(
        room="evaluate",
        arguments=(),
        inputs=inputs,
        outputs={"evaluation": site.results(NAME, "evaluation")},
        live=frozenset(),
        instance_type=instance_type,
        volume_gb=config.volume_gb,
        max_runtime=seconds(config.max_runtime),
    )
    return ProcessingStep(NAME, job(site, "run", program.request(site)), property_files=[_EVALUATION])


def metric(name: str) -> Variable:
    """A metric of evaluation.json."""
    return JsonGet(step_name=NAME, property_file=_EVALUATION, json_path=f"metrics.{name}")


def result(step: ProcessingStep, file: str) -> Variable:
    """S3 URI of a file that the step writes: evaluation.json or report.html."""
    folder = step.properties.ProcessingOutputConfig.Outputs["evaluation"].S3Output.S3Uri
    return Join(on="/", values=[folder, file])
