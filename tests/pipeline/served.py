"""An endpoint in service, as SageMaker describes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 1, 1, tzinfo=UTC)
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
"""Answers of a stub, by operation."""
