"""Stand-ins for AWS that answer from memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from pipeline.session import Session


class StubClient:
    """Answers each call from a function of its keyword arguments, or with a constant."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        answer = self._answers[operation]

        def call(**request: Any) -> Any:
            self.calls.append((operation, request))
            value = answer(**request) if callable(answer) else answer
            if isinstance(value, Exception):
                raise value
            return value

        return call

    def get_paginator(self, operation: str) -> Any:
        call = getattr(self, operation)

        class Paginator:
            def paginate(self, **request: Any) -> list[Any]:
                return [call(**request)]

        return Paginator()


def stub_session(*, local: bool = True, **services: Mapping[str, Any]) -> Session:
    """A session whose clients are stubs; `sagemaker_runtime` stands for sagemaker-runtime."""
    clients = {name.replace("_", "-"): StubClient(answers) for name, answers in services.items()}

    class Stubbed(Session):
        def client(self, service: str) -> Any:
            return clients[service]

    boto = boto3.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="s", region_name="us-east-1")
    return Stubbed(boto, endpoint_url="http://127.0.0.1:1" if local else None)


def client_error(code: str, message: str, operation: str = "Operation") -> ClientError:
    """What boto3 raises when a service refuses."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
