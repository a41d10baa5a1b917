"""What the step.py of all rooms share: where a pipeline lives, and how a request becomes a step.

A step is the request of a Create… API, written out in the API's own words, in one of the SDK's step classes.
The SDK's job classes (Processor, ModelTrainer, ModelBuilder) are left out: they ask IAM about the role while
a definition is built, read defaults from files of whoever builds it, and add fields of their own. The step
classes give what matters: properties, property files, dependencies and the JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.pipeline_context import (
    PipelineSession,
    _JobStepArguments,
    _ModelStepArguments,
    _StepArguments,
)

from steps.jobs.security import Machine, Security

Variable = Any
"""What SageMaker fills in when the pipeline runs: a parameter, a property of a step, a function of them."""

Request = dict[str, Any]


@dataclass(frozen=True)
class Site:
    """Where a pipeline lives and what it is made of.

    Attributes:
        pipeline: Name of the pipeline.
        bucket: Bucket of code and results.
        role: ARN of the role that the jobs act as.
        algorithm_image: Registry path of the algorithm: it trains and serves.
        python_image: Registry path of the image that the processing programs run in.
        code: S3 URI of the packed program, by room.
        session: Session that the SDK hands requests around with.
        security: How jobs and models are shielded.
        tags: Tags of all that is made, by key.
        caching: How long a job is not run again with the same arguments, such as 30d; None for not at all.
    """

    pipeline: str
    bucket: str
    role: str
    algorithm_image: str
    python_image: str
    code: Mapping[str, str]
    session: PipelineSession
    security: Security = field(default_factory=Security)
    tags: Mapping[str, str] = field(default_factory=dict)
    caching: str | None = None

    def tagged(self, request: Request) -> Request:
        """The request with the tags, if there are any."""
        tags = [{"Key": key, "Value": value} for key, value in sorted(self.tags.items())]
        return {**request, "Tags": tags} if tags else request

    def shared(self, *names: str) -> str:
        """S3 URI of what executions share: it must lie in a folder that is named after its content."""
        return "/".join(["s3:/", self.bucket, self.pipeline, *names])

    def results(self, step: str, *names: str) -> Variable:
        """S3 URI of what a step writes in one execution: executions never overwrite each other's results."""
        execution = ExecutionVariables.PIPELINE_EXECUTION_ID
        return Join(
            on="/", values=["s3:/", self.bucket, self.pipeline, "executions", execution, step, *names]
        )


class _Recorder:
    """Stands where the SDK's steps expect a job object, and hands them a finished request."""

    source_code = None  # the SDK's steps hash it

    def __init__(self, session: PipelineSession, caller: str, request: Request) -> None:
        self.sagemaker_session = session
        self._caller = caller
        self._request = request

    def record(self) -> None:
        """Leave the request where a step looks for it. The step removes keys, so it gets a copy."""
        self.sagemaker_session.context = _JobStepArguments(self._caller, dict(self._request))


def job(site: Site, caller: str, request: Request) -> Variable:
    """Arguments for a ProcessingStep, TrainingStep or TransformStep.

    Args:
        site: Where the pipeline lives.
        caller: What the step class asks for: run, train or transform.
        request: The request of CreateProcessingJob, CreateTrainingJob or CreateTransformJob.
    """
    recorder = _Recorder(site.session, caller, site.tagged(request))
    return _StepArguments(caller, _Recorder.record, recorder)


def model(site: Site, request: Request) -> Variable:
    """Arguments for a ModelStep that creates a model: a request of CreateModel."""
    tagged = site.tagged(request)
    arguments = _ModelStepArguments(_Recorder(site.session, "create_model", tagged))
    arguments.caller_name = "create_model"
    arguments.create_model_request = tagged
    return arguments


def model_package(site: Site, request: Request) -> Variable:
    """Arguments for a ModelStep that registers a model: a request of CreateModelPackage.

    It carries no tags: a package in a group has those of the group, and SageMaker takes no others.
    """
    arguments = _ModelStepArguments(_Recorder(site.session, "create_model_package_from_containers", request))
    arguments.caller_name = "create_model_package_from_containers"
    arguments.create_model_package_request = request
    return arguments


def endpoint_part(site: Site, caller: str, request: Request) -> Variable:
    """Arguments for an EndpointConfigStep (create_endpoint_config) or an EndpointStep (create_endpoint)."""
    return _JobStepArguments(caller, site.tagged(request))


_CODE = "/opt/ml/processing/input/code"


@dataclass(frozen=True)
class Program:
    """How the program of a room runs in a processing job.

    Attributes:
        room: The room in `steps`.
        arguments: Its command line.
        inputs: S3 URI by name. The program finds each in /opt/ml/processing/input/<name>.
        outputs: S3 URI by name. The program writes each to /opt/ml/processing/output/<name>.
        sharded: Inputs of which each of several instances gets a part of its own.
        manifests: Inputs whose S3 URI is that of a manifest, which lists the objects.
        live: Outputs that are uploaded while the job runs, so that they are there even if it fails.
        machine: What it runs on.
        instance_count: How many of these.
        volume_gb: The disk of each.
        max_runtime: In seconds.
        environment: Environment variables.
    """

    room: str
    arguments: Sequence[Variable]
    inputs: Mapping[str, Variable]
    outputs: Mapping[str, Variable]
    live: frozenset[str]
    machine: Machine
    volume_gb: Variable
    max_runtime: Variable
    environment: Mapping[str, str]
    instance_count: Variable = 1
    sharded: frozenset[str] = frozenset()
    manifests: frozenset[str] = frozenset()

    def request(self, site: Site) -> Request:
        """The request of CreateProcessingJob."""
        inputs = {**self.inputs, "code": site.code[self.room]}
        specification: Request = {
            "ImageUri": site.python_image,
            "ContainerEntrypoint": ["python3", f"{_CODE}/{self.room}.pyz"],
        }
        if self.arguments:
            specification["ContainerArguments"] = list(self.arguments)
        cluster = {
            "InstanceCount": self.instance_count,
            "InstanceType": self.machine.instance_type,
            "VolumeSizeInGB": self.volume_gb,
            **self.machine.volume(),
        }
        return {
            **({"Environment": dict(self.environment)} if self.environment else {}),
            **site.security.processing_network(),
            "AppSpecification": specification,
            "ProcessingInputs": [self._input(name, uri) for name, uri in inputs.items()],
            "ProcessingOutputConfig": {
                **site.security.results(),
                "Outputs": [_output(name, uri, name in self.live) for name, uri in self.outputs.items()],
            },
            "ProcessingResources": {"ClusterConfig": cluster},
            "RoleArn": site.role,
            "StoppingCondition": {"MaxRuntimeInSeconds": self.max_runtime},
        }

    def _input(self, name: str, uri: Variable) -> Request:
        part = {"S3DataDistributionType": "ShardedByS3Key"} if name in self.sharded else {}
        return {
            "InputName": name,
            "S3Input": {
                "LocalPath": f"/opt/ml/processing/input/{name}",
                **part,
                "S3DataType": "ManifestFile" if name in self.manifests else "S3Prefix",
                "S3InputMode": "File",
                "S3Uri": uri,
            },
        }


def _output(name: str, uri: Variable, live: bool) -> Request:
    return {
        "OutputName": name,
        "S3Output": {
            "LocalPath": f"/opt/ml/processing/output/{name}",
            "S3UploadMode": "Continuous" if live else "EndOfJob",
            "S3Uri": uri,
        },
    }
