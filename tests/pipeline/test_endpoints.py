import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import endpoints
from pipeline.errors import ImgpipeError, RunError
from tests.pipeline.stubs import client_error, stub_session

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MISSING = client_error("ValidationException", 'Could not find endpoint "pets".')
JPEG = b"\xff\xd8\xff\xe0 the rest"
PNG = b"\x89PNG\r\n\x1a\n the rest"

SAGEMAKER: dict[str, Any] = {
    "describe_endpoint": {
        "EndpointStatus": "InService",
        "EndpointConfigName": "pets-1",
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
    },
    "describe_endpoint_config": {"ProductionVariants": [{"VariantName": "v", "ModelName": "model-1"}]},
    "describe_model": {"PrimaryContainer": {"Environment": {"IMGPIPE_CLASSES_URI": "s3://b/r/classes.json"}}},
    "delete_endpoint": {},
    "delete_endpoint_config": {},
}


def test_status_names_the_models_of_its_variants() -> None:
    seen = endpoints.status(stub_session(sagemaker=SAGEMAKER), "pets")
    assert seen.to_json() == {
        "name": "pets",
        "status": "InService",
        "config": "pets-1",
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
        "error R402 not-an-image: T/text.jpg is neither a JPEG nor a PNG image\n\n"
        "error R402 not-an-image: T/empty.jpg is neither a JPEG nor a PNG image\n\n"
        "error R404 too-large: T/big.jpg has 6,291,469 bytes, an endpoint takes at most 6,291,456\n"
        "  hint: shrink it\n\n"
        "error R401 no-file: T/absent.jpg: No such file or directory\n\n"
        "error R403 a-folder: T is a folder\n"
        "  hint: name its files: T/*"
    )
