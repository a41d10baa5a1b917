"""The pipeline, put together from the steps of the rooms.

    ValidateImages ─ TrainModel ─ CreateModel ─ ScoreValidation ─ EvaluateModel ─ AccuracyGate
                                                                                   ├ RegisterModel
                                                                                   ├ CreateEndpointConfig
                                                                                   ├ DeployEndpoint
                                                                                   └ RejectModel, else

Importing this module imports the SageMaker SDK: do it within `offline_sdk`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sagemaker.core import image_uris
from sagemaker.mlops.workflow.pipeline import Pipeline

from pipeline.account import AccountFacts
from pipeline.bundle import Bundle
from pipeline.config.model import PipelineConfig
from pipeline.config.rules import machines, takes_volume_key
from pipeline.config.source import finding
from pipeline.definition.parameters import Given, parameters
from pipeline.definition.quiet import SessionWithoutClients, no_local_mode
from pipeline.definition.settings import settings
from pipeline.errors import ConfigError
from steps.deploy.step import create_endpoint_config, deploy_endpoint
from steps.evaluate.step import evaluate_model, metric, result
from steps.gate.step import Demand, accuracy_gate
from steps.jobs.security import Machine, Security
from steps.register.step import register_model
from steps.score.step import container, create_model, score_validation
from steps.step import Request, Site, Variable
from steps.train.step import train_model
from steps.validate.step import Wanted, counted, dataset, report, validate_images

Step = Any
"""The SDK's Step, which it does not type."""

_MANIFEST = "validation_manifest/validation.manifest"


def assemble(config: PipelineConfig, facts: AccountFacts, bundles: tuple[Bundle, ...]) -> str:
    """The definition as the SDK writes it.

    Raises:
        ConfigError: Code D101, if SageMaker has no image for a step in the region.
    """
    session = SessionWithoutClients()
    given = parameters(settings(config, facts.without_quota))
    site = Site(
        pipeline=config.name,
        bucket=facts.bucket,
        role=facts.role,
        algorithm_image=_image(config.train.algorithm, facts.region),
        # Python 3.10 with numpy and Pillow: all that the processing programs need.
        python_image=_image("sklearn", facts.region, version="1.4-2", image_scope="training"),
        code={one.room: one.uri(facts.bucket, config.name) for one in bundles},
        session=session,
        security=_security(config, given),
        tags=config.tags,
        caching=config.caching,
    )
    with no_local_mode():
        steps = _Assembly(site, config, given).steps()
    pipeline = Pipeline(
        name=config.name,
        parameters=list(given.by_key.values()),
        # The SDK's default depends on the region, and the role would need more permissions for it.
        pipeline_experiment_config=None,
        steps=steps,
        sagemaker_session=session,
    )
    return str(pipeline.definition())


def _security(config: PipelineConfig, given: Given) -> Security:
    return Security(
        subnets=config.network.subnets or (),
        security_groups=config.network.security_groups or (),
        isolation=config.network.isolation,
        encrypt_traffic=config.network.encrypt_traffic,
        output_key=given.get("encryption", "output_key"),
    )


def _image(framework: str, region: str, **version: str) -> str:
    try:
        return str(image_uris.retrieve(framework, region, **version))
    except ValueError as error:
        message = f"SageMaker has no {framework} image in the region '{region}'"
        hint = "check `region`: it is that of the AWS profile where the config does not say"
        raise ConfigError(finding("D101", message, hint=hint)) from error


@dataclass(frozen=True)
class _Assembly:
    """What all steps are made from.

    Attributes:
        site: Where the pipeline lives.
        config: The config.
        given: The pipeline's parameters, by the keys that they come from.
    """

    site: Site
    config: PipelineConfig
    given: Given

    def steps(self) -> list[Step]:
        """The steps outside of the gate, which holds the others."""
        validated = self._validated()
        trained = self._trained(validated)
        artifact = trained.properties.ModelArtifacts.S3ModelArtifacts
        classes = report(validated, "classes.json")
        served = container(self.site, self.config.score, artifact, classes)
        created = create_model(self.site, self.config.score, served)
        scored = self._scored(validated, created)
        evaluated = self._evaluated(validated, scored)
        registered = self._registered(served, classes, evaluated)
        passed = [registered, *self._deployed(created, registered)]
        gate = accuracy_gate(self._demands(trained), after=[evaluated], passed=passed)
        return [validated, trained, created, scored, evaluated, gate]

    def _machine(self, section: str) -> Machine:
        types = machines(self.config)[section]
        key = self.given.get("encryption", "volume_key") if takes_volume_key(types) else None
        return Machine(self.given.section(section)["instance_type"], key)

    def _validated(self) -> Step:
        asked = self.given.section("train", "hyperparameters")
        return validate_images(
            self.site,
            self.config.validation,
            self.given.section("validate"),
            Wanted(asked["image_shape"], asked["resize"], asked["mini_batch_size"]),
            self._machine("validate"),
            self.given.section("data"),
        )

    def _trained(self, validated: Step) -> Step:
        data = self.given.section("data")
        # The lists tell the two apart where both lie under one prefix.
        images = {"train": data["train"], "validation": data.get("validation", data["train"])}
        lists = {name: dataset(validated, name) for name in ("train_lst", "validation_lst")}
        counts = {name: counted(name) for name in ("num_classes", "num_training_samples")}
        return train_model(
            self.site,
            self.config.train,
            self.given.section("train"),
            self._machine("train"),
            {**images, **lists},
            {**self.given.section("train", "hyperparameters"), **counts},
        )

    def _scored(self, validated: Step, created: Step) -> Step:
        return score_validation(
            self.site,
            self.config.score,
            self.given.section("score"),
            self._machine("score"),
            created,
            dataset(validated, _MANIFEST),
        )

    def _evaluated(self, validated: Step, scored: Step) -> Step:
        inputs = {
            "scores": scored.properties.TransformOutput.S3OutputPath,
            "validation_lst": dataset(validated, "validation_lst"),
            "report": report(validated),
            "validation": dataset(validated, _MANIFEST),
        }
        machine = self._machine("evaluate" if self.config.evaluate.instance_type else "validate")
        given = self.given.section("evaluate")
        return evaluate_model(self.site, self.config.evaluate, given, machine, inputs)

    def _demands(self, trained: Step) -> dict[str, Demand]:
        thresholds = self.given.section("gate")
        demands = {name: Demand(metric(name), threshold) for name, threshold in thresholds.items()}
        if self.config.gate.source == "training":
            accuracy = trained.properties.FinalMetricDataList["validation:accuracy"].Value
            demands["accuracy"] = Demand(accuracy, thresholds["accuracy"])
        return demands

    def _registered(self, served: Request, classes: Variable, evaluated: Step) -> Step:
        properties = {
            "Accuracy": metric("accuracy").to_string(),
            "ClassesUri": classes,
            "ReportUri": result(evaluated, "report.html"),
        }
        return register_model(
            self.site,
            self.config.registry,
            self.config.group,
            self.given.section("register")["approval"],
            served,
            result(evaluated, "evaluation.json"),
            {"endpoint": self.config.deploy.instance_type, "transform": self.config.score.instance_type},
            properties,
        )

    def _deployed(self, created: Step, registered: Step) -> list[Step]:
        if self.config.deploy.when == "never":
            return []
        endpoint = self.config.endpoint
        endpoint_config = create_endpoint_config(
            self.site,
            self.config.deploy,
            self.given.section("deploy"),
            endpoint,
            self._machine("deploy"),
            created.properties.ModelName,
            registered,
        )
        return [endpoint_config, deploy_endpoint(self.site, endpoint, endpoint_config)]
