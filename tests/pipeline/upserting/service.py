"""A pipeline service in memory, to which others write too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pipeline.bundle import Bundle
from pipeline.upserting.desired import Desired
from tests.pipeline.stubs import StubClient, client_error, stub_session

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/digits"
GROUP_ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/digits"
EMPTY = json.dumps({"Version": "2020-12-01", "Steps": []})
OTHER = '{"Version": "2020-12-01", "Steps": [], "Metadata": {"a": "b"}}'
ROLE = "arn:aws:iam::123456789012:role/imgpipe-execution"


WANTED = Desired(
    "digits",
    EMPTY,
    "sagemaker-us-east-1-123456789012",
    (Bundle("validate", "a" * 64, b"zip"),),
    "digits",
    ROLE,
)


class Service:
    """One pipeline that SageMaker keeps; `before` each write, someone else may do something."""

    def __init__(self, definition: str | None = None) -> None:
        self.pipeline: dict[str, Any] | None = None
        if definition is not None:
            self.pipeline = {"PipelineArn": ARN, "PipelineDefinition": definition, "RoleArn": ROLE}
        self.tags: dict[str, str] = {}
        self.group_tags: dict[str, str] = {}
        self.version = 1
        self.objects: dict[str, bytes] = {}
        self.tokens: set[str] = set()
        self.before: dict[str, list[Callable[[], object]]] = {}
        self.session = stub_session(
            sts={
                "get_caller_identity": {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/u"}
            },
            s3={"head_bucket": {}, "head_object": self.head_object, "put_object": self.put_object},
            sagemaker={
                "describe_model_package_group": {"ModelPackageGroupArn": GROUP_ARN},
                "describe_pipeline": self.describe,
                "create_pipeline": self.create,
                "update_pipeline": self.update,
                "update_pipeline_version": {},
                "list_pipeline_versions": {
                    "PipelineVersionSummaries": [{"PipelineVersionId": 1, "CreationTime": None}]
                },
                "list_tags": lambda ResourceArn: {
                    "Tags": [{"Key": key, "Value": value} for key, value in self._tags(ResourceArn).items()]
                },
                "add_tags": lambda ResourceArn, Tags: self._tags(ResourceArn).update(
                    {tag["Key"]: tag["Value"] for tag in Tags}
                ),
                "delete_tags": lambda ResourceArn, TagKeys: [
                    self._tags(ResourceArn).pop(key) for key in TagKeys
                ],
            },
        )

    @property
    def writes(self) -> list[str]:
        """The names of the writing requests to all services, in order."""
        clients: list[StubClient] = [self.session.client("s3"), self.session.client("sagemaker")]
        calls = [name for client in clients for name, _ in client.calls]
        return [name for name in calls if name.split("_")[0] in ("put", "create", "update", "add", "delete")]

    def request(self, operation: str) -> dict[str, Any]:
        calls = self.session.client("sagemaker").calls
        found: dict[str, Any] = next(request for name, request in reversed(calls) if name == operation)
        return found

    def _tags(self, arn: str) -> dict[str, str]:
        return self.group_tags if arn == GROUP_ARN else self.tags

    def _others(self, operation: str) -> Any:
        waiting = self.before.get(operation)
        return waiting.pop(0)() if waiting else None

    def head_object(self, **request: str) -> object:
        return {} if request["Key"] in self.objects else client_error("404", "Not Found")

    def put_object(self, **request: Any) -> object:
        answer = self._others("put")
        self.objects[request["Key"]] = request["Body"]
        return answer

    def describe(self, **_: object) -> object:
        return self.pipeline or client_error("ResourceNotFound", "Pipeline does not exist.")

    def create(self, **request: Any) -> object:
        refusal = self._others("create")
        if refusal is not None:
            return refusal
        if request["ClientRequestToken"] in self.tokens:
            return {"PipelineArn": ARN}
        if self.pipeline is not None:
            return client_error("ValidationException", "Pipeline with name (digits) already exists.")
        self.tokens.add(request["ClientRequestToken"])
        self.pipeline = {"RoleArn": request["RoleArn"], "PipelineArn": ARN, **self._definition(request)}
        self.tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
        return {"PipelineArn": ARN}

    def update(self, **request: Any) -> object:
        refusal = self._others("update")
        if refusal is not None:
            return refusal
        assert self.pipeline is not None
        self.pipeline |= {key: request[key] for key in ("RoleArn",) if key in request}
        self.pipeline |= self._definition(request)
        self.version += bool(self._definition(request))
        return {"PipelineArn": ARN, "PipelineVersionId": self.version}

    def _definition(self, request: dict[str, Any]) -> dict[str, str]:
        if "PipelineDefinitionS3Location" in request:
            location = request["PipelineDefinitionS3Location"]
            assert location["Bucket"] == WANTED.bucket
            return {"PipelineDefinition": self.objects[location["ObjectKey"]].decode()}
        return {key: request[key] for key in ("PipelineDefinition",) if key in request}

    def place(self, definition: str) -> None:
        """Someone else makes the pipeline."""
        self.pipeline = {"PipelineArn": ARN, "PipelineDefinition": definition, "RoleArn": ROLE}
