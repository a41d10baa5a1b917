from __future__ import annotations

from pipeline.aws_model.service_model import service
from pipeline.local.api.refused import ARGUMENTS
from pipeline.local.endpoints.parity import CONFIG_WITHOUT_EFFECT, HONOURED, WITHOUT_EFFECT


def test_each_member_of_a_variant_is_told_of() -> None:
    shape = service("sagemaker").shape_for("ProductionVariant")
    assert sorted(shape.members) == sorted([*HONOURED, *WITHOUT_EFFECT])  # type: ignore[attr-defined]


def test_each_member_of_a_configuration_is_told_of() -> None:
    shape = service("sagemaker").shape_for("CreateEndpointConfigInput")
    honoured = ["EndpointConfigName", "ProductionVariants", "DataCaptureConfig", "Tags"]
    told = [*honoured, *CONFIG_WITHOUT_EFFECT, *ARGUMENTS["CreateEndpointConfig"]]
    assert sorted(shape.members) == sorted(told)  # type: ignore[attr-defined]
