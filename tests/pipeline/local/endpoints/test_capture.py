from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from pipeline.local.endpoints.capture import Capture, Exchange, Payload, folder_of, line, read_capture, shown

BOTH = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]


def config(**more: Any) -> dict[str, Any]:
    capture = {
        "InitialSamplingPercentage": 50,
        "DestinationS3Uri": "s3://b/captures/",
        "CaptureOptions": BOTH,
        **more,
    }
    return {"DataCaptureConfig": capture}


def exchange(capture: Capture, request: Payload, answer: Payload, **more: Any) -> Exchange:
    return Exchange(capture, "e", "v", request, answer, "id-1", 1_700_000_000.25, **more)


def capture_of(**more: Any) -> Capture:
    found = read_capture(config(**more))
    assert found is not None
    return found


@pytest.mark.parametrize("given", [{}, config(EnableCapture=False)], ids=["none", "off"])
def test_nothing_is_captured(given: dict[str, Any]) -> None:
    assert read_capture(given) is None


def test_how_a_config_is_read() -> None:
    headers = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}
    assert read_capture(config(CaptureContentTypeHeader=headers)) == Capture(
        "b",
        "captures",
        50,
        frozenset({"INPUT", "OUTPUT"}),
        frozenset({"text/csv"}),
        frozenset({"application/json"}),
    )


@pytest.mark.parametrize(
    ("options", "modes"),
    [
        (["Input"], {"INPUT"}),
        (["Output"], {"OUTPUT"}),
        (["InputAndOutput"], {"INPUT", "OUTPUT"}),
        (["Input", "InputAndOutput"], {"INPUT", "OUTPUT"}),
    ],
)
def test_modes(options: list[str], modes: set[str]) -> None:
    capture = capture_of(CaptureOptions=[{"CaptureMode": option} for option in options])
    assert capture.modes == modes
    record = json.loads(line(exchange(capture, Payload(b"1", "a/b"), Payload(b"2", "a/b"))))
    sides = {"INPUT": "endpointInput", "OUTPUT": "endpointOutput"}
    assert set(record["captureData"]) == {sides[mode] for mode in modes}


def test_what_describe_endpoint_shows() -> None:
    assert shown({}) is None
    assert shown(config(KmsKeyId="k", EnableCapture=False)) == {
        "EnableCapture": False,
        "CaptureStatus": "Stopped",
        "CurrentSamplingPercentage": 50,
        "DestinationS3Uri": "s3://b/captures/",
        "KmsKeyId": "k",
    }
    described = shown(config()) or {}
    assert (described["CaptureStatus"], described["KmsKeyId"]) == ("Started", "")


def test_a_line_in_the_format_of_sagemaker() -> None:
    headers = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}
    capture = capture_of(CaptureContentTypeHeader=headers)
    request, answer = Payload(b"1,2", "text/csv; charset=utf-8"), Payload(b"[0.5]", "application/json")
    found = line(exchange(capture, request, answer, inference_id="i-1", attributes="trace=7"))
    assert found.endswith(b"}\n")
    assert found.count(b"\n") == 1
    assert json.loads(found) == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "text/csv; charset=utf-8",
                "mode": "INPUT",
                "data": "1,2",
                "encoding": "CSV",
            },
            "endpointOutput": {
                "observedContentType": "application/json",
                "mode": "OUTPUT",
                "data": "[0.5]",
                "encoding": "JSON",
            },
        },
        "eventMetadata": {
            "eventId": "id-1",
            "customAttributes": ["trace=7"],
            "inferenceId": "i-1",
            "inferenceTime": "2023-11-14T22:13:20Z",
        },
        "eventVersion": "0",
    }


@pytest.mark.parametrize(
    "payload",
    [Payload(b"\x89PNG", "image/png"), Payload(b"1,2", "text/plain"), Payload(b"\xff", "text/csv")],
    ids=["image", "type-that-is-not-listed", "no-text-after-all"],
)
def test_what_is_no_text_is_encoded(payload: Payload) -> None:
    capture = capture_of(CaptureContentTypeHeader={"CsvContentTypes": ["text/csv"]})
    record = json.loads(line(exchange(capture, payload, payload)))
    side = record["captureData"]["endpointInput"]
    assert (side["encoding"], base64.b64decode(side["data"])) == ("BASE64", payload.data)
    assert set(record["eventMetadata"]) == {"eventId", "inferenceTime"}


@pytest.mark.parametrize(
    ("uri", "folder"),
    [("s3://b/a/c/", "a/c/e/v/2023/11/14/22"), ("s3://b", "e/v/2023/11/14/22")],
)
def test_folders_are_of_an_hour(uri: str, folder: str) -> None:
    payload = Payload(b"", "")
    assert folder_of(exchange(capture_of(DestinationS3Uri=uri), payload, payload)) == folder
