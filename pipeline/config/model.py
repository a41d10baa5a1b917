"""The whole config: the sections of the rooms in `steps`, composed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.security import EncryptionConfig, NetworkConfig
from steps.config import CachingTime, Form, Problem, S3Prefix, Section, Share
from steps.deploy.config import DeployConfig
from steps.evaluate.config import EvaluateConfig
from steps.gate.config import GateConfig
from steps.register.config import RegisterConfig
from steps.score.config import ScoreConfig
from steps.train.config import TrainConfig
from steps.validate.config import ValidateConfig

PipelineName = Annotated[
    str,
    Form(
        "[a-zA-Z0-9](-*[a-zA-Z0-9])*",
        "a name of letters, digits and hyphens between them",
        "cats-and-dogs",
        256,
    ),
]
Region = Annotated[str, Form("[a-z]{2,4}(-[a-z]+){1,3}-[0-9]+", "an AWS region", "eu-west-1", 32)]
RoleArn = Annotated[
    str,
    Form(
        r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[a-zA-Z_0-9+=,.@/-]+",
        "the ARN of an IAM role",
        "arn:aws:iam::111122223333:role/imgpipe-execution",
        2048,
    ),
]
BucketName = Annotated[
    str, Form("[a-z0-9][a-z0-9.-]+[a-z0-9]", "the name of an S3 bucket, without s3://", "my-bucket", 63)
]


class DataConfig(Section):
    """Where the images are: below each prefix, one folder a class."""

    train: S3Prefix = Field(description="S3 prefix of the images to train on.")
    validation: S3Prefix | None = Field(
        None,
        description="S3 prefix of the images to measure the model on, unless `validation_share` is given.",
    )
    validation_share: Annotated[float, Field(ge=0.01, le=0.5), Share()] | None = Field(
        None,
        description="Share of each class below `train` to measure the model on, where no other images are "
        "given for that. Copies stay on one side.",
    )

    @property
    def prefixes(self) -> dict[str, str]:
        """The S3 prefixes by their keys."""
        given = {"train": self.train, "validation": self.validation}
        return {key: uri for key, uri in given.items() if uri is not None}

    def problems(self) -> Iterator[Problem]:
        """See Section."""
        yield from self._sides()
        if self.validation is None:
            return
        train, validation = (uri.rstrip("/") + "/" for uri in (self.train, self.validation))
        if train.startswith(validation) or validation.startswith(train):
            yield Problem(
                "C211",
                ("validation",),
                "the validation images lie in the prefix of the training images, or the other way round",
                "give each a prefix of its own, such as …/train and …/validation",
                "a model would be measured on images that it has seen",
                reads=(("train",),),
            )

    def _sides(self) -> Iterator[Problem]:
        if self.validation is None and self.validation_share is None:
            yield Problem(
                "C101",
                ("validation",),
                "data lacks the key 'validation'",
                "add it: the S3 prefix of the images to measure the model on; or keep some of the training "
                "images for that by validation_share: 0.2",
                reads=(("validation_share",),),
            )
        elif self.validation is not None and self.validation_share is not None:
            yield Problem(
                "C217",
                ("validation_share",),
                "there are validation images of their own, and a share of the training images",
                "remove one of them; write validation: null where the extended file has it",
                reads=(("validation",),),
            )


class PipelineConfig(Section):
    """A pipeline: from images in S3 to an endpoint that classifies images."""

    version: Literal[1] = Field(description="Version of this file format: 1.")
    name: PipelineName = Field(
        description="Name of the pipeline; code and results are kept below it in the bucket."
    )
    region: Region | None = Field(
        None, description="AWS region; that of the AWS profile where this key is absent."
    )
    role: RoleArn | None = Field(None, description="Role that the pipeline and its jobs act as.")
    bucket: BucketName | None = Field(
        None, description="Bucket of code and results; SageMaker's default bucket where this key is absent."
    )
    data: DataConfig = Field(description="Where the images are.")
    # Two keys have other names as attributes, because pydantic's models have methods of those names.
    validation: ValidateConfig = Field(
        default_factory=ValidateConfig, alias="validate", description="How the images are checked."
    )
    train: TrainConfig = Field(default_factory=TrainConfig, description="How the network is trained.")
    score: ScoreConfig = Field(
        default_factory=ScoreConfig, description="How the model answers the validation images."
    )
    evaluate: EvaluateConfig = Field(
        default_factory=EvaluateConfig, description="How those answers become figures and a report."
    )
    gate: GateConfig = Field(description="What a model must reach to be registered.")
    registry: RegisterConfig = Field(
        default_factory=RegisterConfig, alias="register", description="Where models that passed are kept."
    )
    deploy: DeployConfig = Field(
        default_factory=DeployConfig, description="When and how models are deployed."
    )
    tags: dict[str, str] = Field(
        default_factory=dict,
        description="Tags of the pipeline, its model package group and all that it creates: keys with texts.",
    )
    network: NetworkConfig = Field(
        default_factory=NetworkConfig, description="The network of jobs and models."
    )
    encryption: EncryptionConfig = Field(
        default_factory=EncryptionConfig, description="KMS keys of disks and results."
    )
    parallelism: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Most steps of an execution that run at once; no limit where this key is absent."
    )
    caching: CachingTime | None = Field(
        None,
        description="Steps that ran with the same arguments within this time are not run again; off where "
        "this key is absent. The images are checked anew each time.",
    )

    @property
    def group(self) -> str:
        """The model package group: that of `register`, or the pipeline's name."""
        return self.registry.group or self.name

    @property
    def endpoint(self) -> str:
        """The endpoint: that of `deploy`, or the pipeline's name."""
        return self.deploy.endpoint or self.name
