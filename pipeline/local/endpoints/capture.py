"""What of an endpoint's requests and answers is captured, and how it is written down.

The format is that of "Capture data from real-time endpoint" of the SageMaker guide: a line of JSON an
invocation.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass

from pipeline.local.objects import parse_uri
from pipeline.local.records import Record


@dataclass(frozen=True)
class Capture:
    """A DataCaptureConfig.

    Attributes:
        bucket: Where captures are stored.
        prefix: What their keys start with; without a slash at its end.
        percentage: How many of a hundred requests are captured.
        modes: INPUT, OUTPUT or both.
        csv: Content types whose data is written as it is, marked CSV.
        json: Content types whose data is written as it is, marked JSON.
    """

    bucket: str
    prefix: str
    percentage: int
    modes: frozenset[str]
    csv: frozenset[str] = frozenset()
    json: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Payload:
    """One body and its Content-Type."""

    data: bytes
    content_type: str


@dataclass(frozen=True)
class Exchange:
    """One invocation that is captured.

    Attributes:
        capture: How.
        endpoint: The endpoint's name.
        variant: The name of the variant that answered.
        request: What was sent.
        answer: What the model answered.
        event_id: Unique.
        time: Of the answer, in seconds since the epoch.
        inference_id: InferenceId of the request.
        attributes: CustomAttributes of the request.
    """

    capture: Capture
    endpoint: str
    variant: str
    request: Payload
    answer: Payload
    event_id: str
    time: float
    inference_id: str | None = None
    attributes: str | None = None


def read_capture(config: Record) -> Capture | None:
    """The DataCaptureConfig of an endpoint configuration; None if nothing is captured."""
    capture = config.get("DataCaptureConfig")
    if capture is None or not capture.get("EnableCapture", True):
        return None
    bucket, prefix = parse_uri(capture["DestinationS3Uri"])
    options = {option["CaptureMode"] for option in capture["CaptureOptions"]}
    modes = {
        mode
        for mode, names in {
            "INPUT": {"Input", "InputAndOutput"},
            "OUTPUT": {"Output", "InputAndOutput"},
        }.items()
        if names & options
    }
    kinds = capture.get("CaptureContentTypeHeader") or {}
    return Capture(
        bucket,
        prefix.rstrip("/"),
        capture["InitialSamplingPercentage"],
        frozenset(modes),
        frozenset(kinds.get("CsvContentTypes") or ()),
        frozenset(kinds.get("JsonContentTypes") or ()),
    )


def shown(config: Record) -> Record | None:
    """The DataCaptureConfigSummary of DescribeEndpoint."""
    capture = config.get("DataCaptureConfig")
    if capture is None:
        return None
    enabled = capture.get("EnableCapture", True)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }


def folder_of(exchange: Exchange) -> str:
    """The start of the keys of an exchange's hour: `<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh`, in UTC."""
    hour = time.strftime("%Y/%m/%d/%H", time.gmtime(exchange.time))
    parts = [exchange.capture.prefix, exchange.endpoint, exchange.variant, hour]
    return "/".join(part for part in parts if part)


def line(exchange: Exchange) -> bytes:
    """The line of JSON of one exchange, with its end."""
    sides = {
        "endpointInput": ("INPUT", exchange.request),
        "endpointOutput": ("OUTPUT", exchange.answer),
    }
    metadata = {
        "eventId": exchange.event_id,
        "customAttributes": exchange.attributes and [exchange.attributes],
        "inferenceId": exchange.inference_id,
        "inferenceTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(exchange.time)),
    }
    record = {
        "captureData": {
            key: _side(exchange.capture, mode, payload)
            for key, (mode, payload) in sides.items()
            if mode in exchange.capture.modes
        },
        "eventMetadata": {key: value for key, value in metadata.items() if value},
        "eventVersion": "0",
    }
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def _side(capture: Capture, mode: str, payload: Payload) -> Record:
    data, encoding = _encoded(capture, payload)
    return {
        "observedContentType": payload.content_type,
        "mode": mode,
        "data": data,
        "encoding": encoding,
    }


def _encoded(capture: Capture, payload: Payload) -> tuple[str, str]:
    kind = payload.content_type.partition(";")[0].strip()
    for encoding, kinds in (("CSV", capture.csv), ("JSON", capture.json)):
        if kind in kinds:
            try:
                return payload.data.decode(), encoding
            except UnicodeDecodeError:
                break
    return base64.b64encode(payload.data).decode(), "BASE64"
