from __future__ import annotations

import pytest

from pipeline.local.runtime import Invocation
from tests.pipeline.local.api.requests import error_of
from tests.pipeline.local.fakes import Running


class TestInvoke:
    def test_the_model_answers(self, server: Running, made: str) -> None:
        runtime = server.client("sagemaker-runtime")
        server.endpoints.answer = (
            200,
            {"Content-Type": "application/json", "x-Amzn-Invoked-Production-Variant": "AllTraffic"},
            b"[0.5]",
        )
        answer = runtime.invoke_endpoint(
            EndpointName=made,
            Body=b"\x89PNG",
            ContentType="image/png",
            Accept="application/json",
            TargetVariant="AllTraffic",
            InferenceId="i-1",
            CustomAttributes="trace=7",
        )
        assert answer["Body"].read() == b"[0.5]"
        assert (answer["ContentType"], answer["InvokedProductionVariant"]) == (
            "application/json",
            "AllTraffic",
        )
        assert server.endpoints.invoked[-1] == Invocation(
            made, b"\x89PNG", "image/png", "application/json", "AllTraffic", "i-1", "trace=7"
        )

    @pytest.mark.parametrize(
        ("argument", "text"),
        [
            (
                {"TargetModel": "a.tar.gz"},
                (
                    "X-Amzn-SageMaker-Target-Model is not supported by the local SageMaker: no endpoint here "
                    "serves many models"
                ),
            ),
            (
                {"InferenceComponentName": "a"},
                (
                    "X-Amzn-SageMaker-Inference-Component is not supported by the local SageMaker: the local "
                    "SageMaker serves no inference components"
                ),
            ),
        ],
        ids=["target-model", "component"],
    )
    def test_what_is_refused(self, server: Running, made: str, argument: dict[str, str], text: str) -> None:
        runtime = server.client("sagemaker-runtime")
        found = error_of(runtime.invoke_endpoint, EndpointName=made, Body=b"", **argument)
        assert found == ("ValidationError", text)

    def test_no_such_endpoint(self, server: Running, name: str) -> None:
        runtime = server.client("sagemaker-runtime")
        assert error_of(runtime.invoke_endpoint, EndpointName=name, Body=b"") == (
            "ValidationError",
            f"Endpoint {name} of account 123456789012 not found.",
        )

    @pytest.mark.parametrize(("status", "side"), [(415, "client"), (500, "server")])
    def test_an_error_of_the_model(self, server: Running, made: str, status: int, side: str) -> None:
        server.endpoints.answer = (status, {"Content-Type": "text/plain"}, b"not an image")
        runtime = server.client("sagemaker-runtime")
        with pytest.raises(runtime.exceptions.ModelError) as caught:
            runtime.invoke_endpoint(EndpointName=made, Body=b"x")
        response = caught.value.response
        assert response["Error"]["Message"] == (
            f'Received {side} error ({status}) from primary with message "not an image". '
            f"See log group /aws/sagemaker/Endpoints/{made} in account 123456789012 for more information."
        )
        assert (response["OriginalStatusCode"], response["OriginalMessage"]) == (status, "not an image")
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
