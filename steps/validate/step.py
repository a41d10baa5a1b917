"""The step ValidateImages: checks the images and writes the lists that training needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.steps import ProcessingStep

from steps.jobs.security import Machine
from steps.jobs.step import processing_step
from steps.step import Program, Site, Variable
from steps.validate.config import ValidateConfig

NAME = "ValidateImages"
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
        data: S3 prefixes of the splits `train` and `validation`; where one prefix holds the images of both,
            that one as `train`, and `validation_share`.
    """
    prefixes = {name: data[name] for name in ("train", "validation") if name in data}
    arguments = {
        "--image-shape": wanted.image_shape,
        "--resize": wanted.resize,
        "--mini-batch-size": wanted.mini_batch_size,
        "--min-images-per-class": given["min_images_per_class"].to_string(),
        "--on-corrupt": given["on_corrupt"],
        "--on-leak": given["on_leak"],
    }
    if "validation_share" in data:
        arguments["--validation-share"] = data["validation_share"].to_string()
    # One argument each, as a job takes no more than 100.
    severities = [f"--severity={check}={severity}" for check, severity in config.severities().items()]
    program = Program(
        room="validate",
        arguments=[*(part for pair in arguments.items() for part in pair), *severities],
        inputs=prefixes,
        sharded=frozenset(prefixes),
        outputs={"report": site.results(NAME, "report"), "datasets": site.shared("datasets")},
        # The report says why the step failed, where it failed.
        live=frozenset({"report"}),
        machine=machine,
        instance_count=given["instance_count"],
        volume_gb=given["volume_gb"],
        max_runtime=given["max_runtime"],
        environment=config.environment,
    )
    # Never spared: images change under the same prefixes. What follows is, if these images were there before.
    return processing_step(site, NAME, program, _REPORT, config.retry, caching=None)


def report(step: ProcessingStep, *names: str) -> Variable:
    """S3 URI of the folder of the report, or of a file in it: report.json, report.html or classes.json."""
    return _joined(_output(step, "report"), *names)


def dataset(step: ProcessingStep, *names: str) -> Variable:
    """S3 URI of something in the folder of these very images: train_lst, validation_lst, validation_manifest.

    The folder is named after their content, so a later step with the same arguments has had the same images.
    """
    content = JsonGet(step_name=NAME, property_file=_REPORT, json_path="content_hash")
    return _joined(_output(step, "datasets"), content, *names)


def _output(step: ProcessingStep, name: str) -> Variable:
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def _joined(*parts: Variable) -> Variable:
    return parts[0] if len(parts) == 1 else Join(on="/", values=list(parts))


def counted(what: str) -> Variable:
    """A number of the report, such as num_classes, as text: SageMaker takes hyperparameters only as text."""
    return JsonGet(step_name=NAME, property_file=_REPORT, json_path=what).to_string()
