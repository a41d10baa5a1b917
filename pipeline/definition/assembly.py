"""The pipeline, put together from the steps of the rooms.

    ValidateImages ─ TrainModel ─ CreateModel ─ ScoreValidation ─ EvaluateModel ─ AccuracyGate
                                                                                   ├ RegisterModel
                                                                                   ├ CreateEndpointConfig
                                                                                   ├ DeployEndpoint
                                                                                   └ RejectModel, else

Importing this module imports the SageMaker SDK: do it within `offline_sdk`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from sagemaker.core import image_uris
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import Parameter
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow import steps as step_module
from sagemaker.mlops.workflow.pipeline import Pipeline

from pipeline.account import AccountFacts
from pipeline.bundle import Bundle
from pipeline.config.model import PipelineConfig
from pipeline.config.source import finding
from pipeline.definition.parameters import parameters
from pipeline.errors import ConfigError
from steps.deploy.step import create_endpoint_config, deploy_endpoint
from steps.evaluate.step import evaluate_model, metric, result
from steps.gate.step import Demand, accuracy_gate
from steps.instances import preferred
from steps.register.step import register_model
from steps.score.step import container, create_model, score_validation
from steps.step import Request, Site, Variable
from steps.train.step import train_model
from steps.validate.step import Wanted, counted, output, validate_images

_DEFAULTS = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}
"""Telemetry is off (the SDK's configuration key for it)."""

Step = Any
"""The SDK's Step, which it does not type."""


def assemble(config: PipelineConfig, facts: AccountFacts, bundles: tuple[Bundle, ...]) -> str:
    """The definition as the SDK writes it.

    Raises:
        ConfigError: Code D101, if SageMaker has no image for a step in the region.
    """
    session = _SessionWithoutClients()
    site = Site(
        pipeline=config.name,
        bucket=facts.bucket,
        role=facts.role,
        algorithm_image=_image(config.train.algorithm, facts.region),
        # Python 3.10 with numpy and Pillow: all that the processing programs need.
        python_image=_image("sklearn", facts.region, version="1.4-2", image_scope="training"),
        code={one.room: one.uri(facts.bucket, config.name) for one in bundles},
        session=session,
    )
    given = parameters(config)
    pipeline = Pipeline(
        name=config.name,
        parameters=list(given.values()),
        # The SDK's default depends on the region, and the role would need more permissions for it.
        pipeline_experiment_config=None,
        steps=_steps(site, config, given),
        sagemaker_session=session,
    )
    return str(pipeline.definition())


def _image(framework: str, region: str, **version: str) -> str:
    try:
        return str(image_uris.retrieve(framework, region, **version))
    except ValueError as error:
        message = f"SageMaker has no {framework} image in the region '{region}'"
        hint = "check `region`: it is that of the AWS profile where the config does not say"
        raise ConfigError(finding("D101", message, hint=hint)) from error


class _SessionWithoutClients(PipelineSession):  # type: ignore[misc]  # the SDK is not typed
    """Hands requests around, and could not send one: it has none of the clients that the SDK makes.

    Nor does it look for defaults in files of whoever runs this. It saves half a second as well.
    """

    def _initialize(self, **_: Any) -> None:
        self.boto_session = boto3.Session()
        self._region_name = self.boto_session.region_name
        self.sagemaker_client = None
        self.sagemaker_config = _DEFAULTS
        self.local_mode = False


class _NoLocalMode:
    """Has the two methods of the SDK's client for its local mode whose names the SDK's steps ask for."""

    def create_processing_job(self) -> None:
        """Never called."""

    def create_transform_job(self) -> None:
        """Never called."""


def _steps(site: Site, config: PipelineConfig, given: Mapping[str, Parameter]) -> list[Step]:
    """The steps outside of the gate, which holds the others.

    To know the name of a method, the SDK's ProcessingStep and TransformStep each make a session of its local
    mode, which reads credentials and defaults files of whoever runs this. They get something simpler.
    """
    client, step_module.LocalSagemakerClient = step_module.LocalSagemakerClient, _NoLocalMode
    try:
        return _Assembly(site, config, given).steps()
    finally:
        step_module.LocalSagemakerClient = client


@dataclass(frozen=True)
class _Assembly:
    """What all steps are made from.

    Attributes:
        site: Where the pipeline lives.
        config: The config.
        given: The pipeline's parameters.
    """

    site: Site
    config: PipelineConfig
    given: Mapping[str, Parameter]

    def steps(self) -> list[Step]:
        """See _steps."""
        validated = self._validated()
        trained = self._trained(validated)
        artifact = trained.properties.ModelArtifacts.S3ModelArtifacts
        classes = Join(on="/", values=[output(validated, "report"), "classes.json"])
        served = container(self.site, artifact, classes)
        created = create_model(self.site, served)
        manifests = output(validated, "validation_manifest")
        scored = score_validation(self.site, self.config.score, created, manifests)
        evaluated = self._evaluated(validated, scored)
        registered = self._registered(served, classes, evaluated)
        passed = [registered, *self._deployed(created, registered)]
        gate = accuracy_gate(self._demands(trained), after=[evaluated], passed=passed)
        return [validated, trained, created, scored, evaluated, gate]

    def _data(self) -> dict[str, Variable]:
        return {"train": self.given["TrainData"], "validation": self.given["ValidationData"]}

    def _validated(self) -> Step:
        training = self.config.train.hyperparameters
        wanted = Wanted(training.image_shape, training.resize_pixels, self.given["MiniBatchSize"])
        machine = self.given["ProcessingInstanceType"]
        return validate_images(self.site, self.config.validation, wanted, machine, self._data())

    def _trained(self, validated: Step) -> Step:
        lists = {name: output(validated, name) for name in ("train_lst", "validation_lst")}
        known_later = {
            "num_classes": counted("num_classes"),
            "num_training_samples": counted("num_training_samples"),
            "epochs": self.given["Epochs"],
            "learning_rate": self.given["LearningRate"],
            "mini_batch_size": self.given["MiniBatchSize"],
        }
        machine = self.given["TrainInstanceType"]
        return train_model(self.site, self.config.train, machine, {**self._data(), **lists}, known_later)

    def _evaluated(self, validated: Step, scored: Step) -> Step:
        inputs = {
            "scores": scored.properties.TransformOutput.S3OutputPath,
            "validation_lst": output(validated, "validation_lst"),
            "report": output(validated, "report"),
            "validation": self._data()["validation"],
        }
        own = self.config.evaluate.instance_type
        machine = preferred(own) if own else self.given["ProcessingInstanceType"]
        return evaluate_model(self.site, self.config.evaluate, machine, inputs)

    def _demands(self, trained: Step) -> dict[str, Demand]:
        demands = {name: Demand(metric(name), value) for name, value in self.config.gate.thresholds().items()}
        accuracy = metric("accuracy")
        if self.config.gate.source == "training":
            accuracy = trained.properties.FinalMetricDataList["validation:accuracy"].Value
        return {**demands, "accuracy": Demand(accuracy, self.given["AccuracyThreshold"])}

    def _registered(self, served: Request, classes: Variable, evaluated: Step) -> Step:
        properties = {
            "Accuracy": metric("accuracy").to_string(),
            "ClassesUri": classes,
            "ReportUri": result(evaluated, "report.html"),
        }
        return register_model(
            self.site,
            self.config.group,
            self.given["ModelApprovalStatus"],
            served,
            result(evaluated, "evaluation.json"),
            {"endpoint": self.config.deploy.instance_type, "transform": self.config.score.instance_type},
            properties,
        )

    def _deployed(self, created: Step, registered: Step) -> list[Step]:
        if self.config.deploy.when == "never":
            return []
        endpoint = self.config.endpoint
        machine = self.given["EndpointInstanceType"]
        name = created.properties.ModelName
        endpoint_config = create_endpoint_config(self.config.deploy, endpoint, machine, name, registered)
        return [endpoint_config, deploy_endpoint(endpoint, endpoint_config)]
