"""The step ValidateImages: checks the images and writes the lists that training needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sagemaker.core.workflow.functions import JsonGet
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.steps import ProcessingStep

from steps.jobs.security import Machine
from steps.jobs.step import processing_step
from steps.step import Program, Site, Variable
from steps.validate.config import ValidateConfig

NAME = "ValidateImages"
_OUTPUTS = ("report", "train_lst", "validation_lst", "validation_manifest")
_REPORT = PropertyFile(name="ValidationReport", output_name="report", path="report.json")


@dataclass(frozen=True)
class Wanted:
    """What the images are checked against.

    Attributes:
        image_shape: Channels, height and width, such as 3,224,224.
        resize: Pixels of the shorter side, as text.
        mini_batch_size: Each split must fill one batch; as text.
    """

    image_shape: Variable
    resize: Variable
    mini_batch_size: Variable


def validate_images(
    site: Site,
    config: ValidateConfig,
    given: Mapping[str, Variable],
    wanted: Wanted,
    machine: Machine,
    data: Mapping[str, Variable],
) -> ProcessingStep:
    """The step.

    Args:
        site: Where the pipeline lives.
        config: The section `validate`.
        given: Keys of it that can be changed when the pipeline is started.
        wanted: What the images are checked against.
        machine: What the step runs on.
        data: S3 prefixes of the splits `train` and `validation`.
    """
    arguments = {
        "--image-shape": wanted.image_shape,
        "--resize": wanted.resize,
        "--mini-batch-size": wanted.mini_batch_size,
        "--min-images-per-class": given["min_images_per_class"].to_string(),
        "--on-corrupt": given["on_corrupt"],
    }
    program = Program(
        room="validate",
        arguments=[part for pair in arguments.items() for part in pair],
        inputs=data,
        outputs={name: site.results(NAME, name) for name in _OUTPUTS},
        # The report says why the step failed, where it failed.
        live=frozenset({"report"}),
        machine=machine,
        volume_gb=given["volume_gb"],
        max_runtime=given["max_runtime"],
        environment=config.environment,
    )
    return processing_step(site, NAME, program, _REPORT, config.retry)


def output(step: ProcessingStep, name: str) -> Variable:
    """S3 URI of one of its outputs: report, train_lst, validation_lst or validation_manifest."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def counted(what: str) -> Variable:
    """A number of the report, such as num_classes, as text: SageMaker takes hyperparameters only as text."""
    return JsonGet(step_name=NAME, property_file=_REPORT, json_path=what).to_string()
