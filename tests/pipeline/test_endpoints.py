import io
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from pipeline import endpoints
from pipeline.errors import ImgpipeError, RunError
from tests.pipeline.served import SAGEMAKER
from tests.pipeline.stubs import client_error, stub_session

NO_CONFIG = client_error("ValidationException", 'Could not find endpoint configuration "pets-1".')
DENIED = client_error("AccessDeniedException", "not allowed", "DescribeEndpointConfig")
MISSING = client_error("ValidationException", 'Could not find endpoint "pets".')
JPEG = b"\xff\xd8\xff\xe0 the rest"
PNG = b"\x89PNG\r\n\x1a\n the rest"


def test_status_names_the_models_of_its_variants() -> None:
    seen = endpoints.status(stub_session(sagemaker=SAGEMAKER), "pets")
    assert seen.to_json() == {
        "name": "pets",
        "status": "InService",
        "config": "pets-1",
        "config_deleted": False,
        "created": "2026-01-01T00:00:00+00:00",
        "changed": "2026-01-01T00:00:00+00:00",
        "models": ["model-1"],
        "reason": None,
    }


def test_an_endpoint_that_does_not_exist() -> None:
    session = stub_session(sagemaker={"describe_endpoint": MISSING})
    with pytest.raises(RunError) as caught:
        endpoints.status(session, "pets")
    assert str(caught.value) == (
        "error R405 no-endpoint: the local SageMaker has no endpoint 'pets'\n"
        "  hint: an execution that passes its gate deploys it: `imgpipe run`"
    )


def test_delete_removes_the_endpoint_and_its_config() -> None:
    session = stub_session(sagemaker=SAGEMAKER)
    endpoints.delete(session, "pets")
    assert session.client("sagemaker").calls[1:] == [
        ("delete_endpoint", {"EndpointName": "pets"}),
        ("delete_endpoint_config", {"EndpointConfigName": "pets-1"}),
    ]


def test_delete_needs_no_config() -> None:
    gone = {"describe_endpoint_config": NO_CONFIG, "delete_endpoint_config": NO_CONFIG}
    session = stub_session(sagemaker={**SAGEMAKER, **gone})
    endpoints.delete(session, "pets")
    assert [operation for operation, _ in session.client("sagemaker").calls] == [
        "describe_endpoint",
        "delete_endpoint",
        "delete_endpoint_config",
    ]


def test_delete_tells_what_else_keeps_the_config() -> None:
    session = stub_session(sagemaker={**SAGEMAKER, "delete_endpoint_config": DENIED})
    with pytest.raises(ClientError, match="not allowed"):
        endpoints.delete(session, "pets")


def test_require() -> None:
    endpoints.require(stub_session(sagemaker={**SAGEMAKER, "describe_endpoint_config": NO_CONFIG}), "pets")
    with pytest.raises(RunError, match="R405 no-endpoint"):
        endpoints.require(stub_session(sagemaker={"describe_endpoint": MISSING}), "pets")


def test_status_of_an_endpoint_whose_config_is_deleted() -> None:
    session = stub_session(sagemaker={**SAGEMAKER, "describe_endpoint_config": NO_CONFIG})
    seen = endpoints.status(session, "pets")
    assert (seen.config, seen.config_deleted, seen.models) == ("pets-1", True, ())


def test_status_does_not_take_a_refusal_for_a_deleted_config() -> None:
    with pytest.raises(ClientError, match="not allowed"):
        endpoints.status(stub_session(sagemaker={**SAGEMAKER, "describe_endpoint_config": DENIED}), "pets")


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        pytest.param("describe_endpoint_config", NO_CONFIG, id="config"),
        pytest.param(
            "describe_model", client_error("ValidationException", "Could not find model"), id="model"
        ),
        pytest.param("get_object", client_error("NoSuchKey", "The key does not exist."), id="classes.json"),
    ],
)
def test_no_labels_where_something_on_the_way_to_them_is_deleted(operation: str, error: ClientError) -> None:
    answers: dict[str, Any] = {**SAGEMAKER, operation: error}
    assert endpoints.labels(stub_session(sagemaker=answers, s3=answers), "pets") == []


def test_labels_do_not_take_a_refusal_for_a_deleted_model() -> None:
    with pytest.raises(ClientError, match="not allowed"):
        endpoints.labels(stub_session(sagemaker={**SAGEMAKER, "describe_model": DENIED}), "pets")


def test_labels_come_from_the_address_in_the_models_environment() -> None:
    body = io.BytesIO(json.dumps(["cat", "dog"]).encode())
    session = stub_session(sagemaker=SAGEMAKER, s3={"get_object": {"Body": body}})
    assert endpoints.labels(session, "pets") == ["cat", "dog"]
    assert session.client("s3").calls == [("get_object", {"Bucket": "b", "Key": "r/classes.json"})]


def test_a_model_that_was_made_elsewhere_has_no_labels() -> None:
    session = stub_session(sagemaker={**SAGEMAKER, "describe_model": {"PrimaryContainer": {}}})
    assert endpoints.labels(session, "pets") == []


@pytest.mark.parametrize(
    ("content", "content_type"),
    [pytest.param(JPEG, "image/jpeg", id="jpeg"), pytest.param(PNG, "image/png", id="png")],
)
def test_predict_ranks_labels_by_probability(tmp_path: Path, content: bytes, content_type: str) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    session = stub_session(sagemaker_runtime={"invoke_endpoint": {"Body": io.BytesIO(b"[0.1, 0.7, 0.2]")}})
    said = endpoints.predict(session, "pets", file, ["cat", "dog", "fox"])
    assert said.ranking == (("dog", 0.7), ("fox", 0.2), ("cat", 0.1))
    [(_, request)] = session.client("sagemaker-runtime").calls
    assert request["ContentType"] == content_type
    assert request["Body"] == content


def test_predict_without_labels_tells_indices(tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    file.write_bytes(PNG)
    session = stub_session(sagemaker_runtime={"invoke_endpoint": {"Body": io.BytesIO(b"[0.1, 0.9]")}})
    said = endpoints.predict(session, "pets", file, [])
    assert said.to_json() == {
        "file": str(file),
        "predictions": [{"label": "1", "probability": 0.9}, {"label": "0", "probability": 0.1}],
    }


def test_what_the_model_refuses_is_told_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    file.write_bytes(PNG)
    refused = client_error("ModelError", "Received client error (400) from primary")
    session = stub_session(sagemaker_runtime={"invoke_endpoint": refused})
    with pytest.raises(RunError) as caught:
        endpoints.predict(session, "pets", file, [])
    assert str(caught.value) == (
        f"error R406 prediction-failed: endpoint 'pets' refused {file}\n"
        "  reason: Received client error (400) from primary"
    )


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        pytest.param(
            ReadTimeoutError(endpoint_url="http://e"),
            ['  reason: Read timeout on endpoint URL: "http://e"'],
            id="timeout",
        ),
        pytest.param(
            client_error("ExpiredTokenException", "The token is expired"),
            [
                "  reason: The token is expired",
                "  hint:   the credentials have expired: sign in again, such as by `aws sso login`",
            ],
            id="expired",
        ),
    ],
)
def test_what_is_not_the_models_fault_is_told_too(tmp_path: Path, error: Exception, lines: list[str]) -> None:
    file = tmp_path / "x.png"
    file.write_bytes(PNG)
    session = stub_session(sagemaker_runtime={"invoke_endpoint": error})
    with pytest.raises(RunError) as caught:
        endpoints.predict(session, "pets", file, [])
    assert str(caught.value).splitlines()[1:] == lines


def test_a_file_that_is_gone_by_now(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="R401 no-file"):
        endpoints.predict(stub_session(sagemaker_runtime={}), "pets", tmp_path / "x.png", [])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(b"[0.5, 0.3, 0.2]", "probabilities: 3, labels of its model: 2", id="too many"),
        pytest.param(b"[1]", "probabilities: 1, labels of its model: 2", id="too few"),
        pytest.param(b"<html>", "its answer is no list of numbers: b'<html>'", id="page"),
        pytest.param(b'{"a": 1}', "its answer is no list of numbers: b'{\"a\": 1}'", id="object"),
        pytest.param(b'["a", "b"]', 'its answer is no list of numbers: b\'["a", "b"]\'', id="texts"),
        pytest.param(b"\xff", "its answer is no list of numbers: b'\\xff'", id="bytes"),
        pytest.param(b"", "its answer is no list of numbers: b''", id="empty"),
    ],
)
def test_an_answer_that_does_not_fit(tmp_path: Path, answer: bytes, reason: str) -> None:
    file = tmp_path / "x.png"
    file.write_bytes(PNG)
    session = stub_session(sagemaker_runtime={"invoke_endpoint": {"Body": io.BytesIO(answer)}})
    with pytest.raises(RunError) as caught:
        endpoints.predict(session, "pets", file, ["cat", "dog"])
    assert str(caught.value) == (
        f"error R407 unusable-answer: endpoint 'pets' did not answer {file} as a classifier does\n"
        f"  reason: {reason}\n"
        "  hint:   `imgpipe endpoint status` shows the model; deploy it anew with `imgpipe run`"
    )


def test_an_answer_in_json_lines_form(tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    file.write_bytes(PNG)
    body = io.BytesIO(b'{"prediction": [0.25, 0.75]}\n')
    session = stub_session(sagemaker_runtime={"invoke_endpoint": {"Body": body}})
    said = endpoints.predict(session, "pets", file, ["cat", "dog"])
    assert said.top(1).ranking == (("dog", 0.75),)
    assert said.top(None) == said


def test_predict_on_an_endpoint_that_does_not_exist(tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    file.write_bytes(PNG)
    refused = client_error("ValidationError", "Endpoint pets of account 1 not found.")
    with pytest.raises(RunError, match="endpoint 'pets' refused"):
        endpoints.predict(stub_session(sagemaker_runtime={"invoke_endpoint": refused}), "pets", file, [])


def test_every_file_that_cannot_be_sent_is_named_before_the_first_is(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_bytes(b"hello")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "big.jpg").write_bytes(JPEG + bytes(6 * 1024 * 1024))
    (tmp_path / "good.jpg").write_bytes(JPEG)
    names = ["text.jpg", "empty.jpg", "big.jpg", "good.jpg", "absent.jpg", "."]
    with pytest.raises(ImgpipeError) as caught:
        endpoints.check_images([tmp_path / name for name in names])
    assert str(caught.value).replace(str(tmp_path), "T") == (
        "error R402 not-an-image: T/text.jpg is neither a JPEG nor a PNG image\n"
        "  hint: save it as one of them; its name does not count, its first bytes do\n\n"
        "error R402 not-an-image: T/empty.jpg is neither a JPEG nor a PNG image\n"
        "  hint: save it as one of them; its name does not count, its first bytes do\n\n"
        "error R404 too-large: T/big.jpg has 6,291,469 bytes, an endpoint takes at most 6,291,456\n"
        "  hint: shrink it\n\n"
        "error R401 no-file: T/absent.jpg: No such file or directory\n"
        "  hint: check the spelling, the folder that you are in and whether you may read it\n\n"
        "error R403 a-folder: T is a folder\n"
        "  hint: name its files: T/*"
    )
