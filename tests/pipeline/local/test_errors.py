"""What a request is told that cannot be answered."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.pipeline.local.api.requests import training
from tests.pipeline.local.fakes import Running
from tests.pipeline.local.wire import send, signed


class TestErrors:
    @pytest.mark.parametrize(
        ("body", "code"), [(b"{", b"SerializationException"), (b"[]", b"SerializationException")]
    )
    def test_a_body_that_is_no_request(self, server: Running, body: bytes, code: bytes) -> None:
        own = signed(server, "sagemaker", "/", body, **{"X-Amz-Target": "SageMaker.ListModels"})
        status, headers, answer = send(server, "POST", "/", own, body)
        assert (status, headers["x-amzn-errortype"], code in answer) == (400, code.decode(), True)

    def test_an_operation_that_is_not_answered_here(self, sagemaker: Any) -> None:
        with pytest.raises(ClientError) as caught:
            sagemaker.list_hubs()
        assert caught.value.response["Error"] == {
            "Code": "UnknownOperationException",
            "Message": (
                "The local SageMaker does not answer ListHubs. Run it on SageMaker; docs/parity.md lists the "
                "operations that are answered locally."
            ),
        }

    def test_an_operation_that_moto_lacks(self, server: Running) -> None:
        with pytest.raises(ClientError) as caught:
            server.client("iam").simulate_custom_policy(PolicyInputList=["{}"], ActionNames=["s3:GetObject"])
        assert caught.value.response["Error"]["Message"] == (
            "moto, which answers iam here, says: The simulate_custom_policy action has not been implemented"
        )

    def test_a_path_that_nobody_serves(self, server: Running) -> None:
        own = signed(server, "sagemaker", "/endpoints/x/invocations-response-stream", b"")
        status, _, body = send(server, "POST", "/endpoints/x/invocations-response-stream", own, b"")
        assert (status, b"it answers InvokeEndpoint" in body) == (400, True)

    def test_a_bug_of_ours_is_said_to_be_one(
        self, server: Running, sagemaker: Any, name: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(kind: str, record: dict[str, Any]) -> None:
            raise ZeroDivisionError("by zero")

        server.jobs.finish = broken
        with pytest.raises(ClientError) as caught:
            sagemaker.create_training_job(**training(name))
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert "ZeroDivisionError: by zero (a bug in imgpipe: see server.log)" in str(caught.value)
