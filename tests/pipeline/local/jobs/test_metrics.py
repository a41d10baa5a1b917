from __future__ import annotations

import re
from itertools import count

import pytest

from pipeline.local.jobs.catalog import IMAGES
from pipeline.local.jobs.metrics import MetricDefinition, MetricWatch


def test_the_last_value_of_each_metric_is_kept() -> None:
    ticks = count(100.0)
    watch = MetricWatch(IMAGES["image-classification"].metrics, lambda: next(ticks))
    watch.read(
        [
            "[09/03/2023 16:29:28 INFO 139] Epoch[0] Batch [20]#011Speed: 191.4#011accuracy=0.976190",
            "[09/03/2023 16:29:28 INFO 139] Epoch[0] Train-accuracy=0.150391",
            "[09/03/2023 16:29:28 INFO 139] Epoch[0] Train-top_k_accuracy_2=0.5",
            "[09/03/2023 16:29:28 INFO 139] Epoch[0] Validation-accuracy=0.9",
            "Storing the best model with validation accuracy: 0.9",
        ]
    )
    watch.read(["Epoch[12] Validation-accuracy=0.253906"])
    assert watch.final() == [
        {"MetricName": "train:accuracy", "Value": 0.150391, "Timestamp": 100.0},
        {"MetricName": "validation:accuracy", "Value": 0.253906, "Timestamp": 102.0},
    ]


@pytest.mark.parametrize(
    "line", ["loss=nan", "loss=inf", "loss=-inf", "loss=", "loss=1.2.3", "no such line", "loss=1e999"]
)
def test_what_is_no_number_is_no_metric(line: str) -> None:
    watch = MetricWatch([MetricDefinition("loss", r"loss=(\S*)")], lambda: 0.0)
    watch.read([line])
    assert watch.final() == []


def test_an_expression_needs_a_group() -> None:
    watch = MetricWatch([MetricDefinition("loss", "loss=1")], lambda: 0.0)
    watch.read(["loss=1"])
    assert watch.final() == []


def test_a_wrong_expression_is_an_error() -> None:
    with pytest.raises(re.error):
        MetricWatch([MetricDefinition("loss", "(")], lambda: 0.0)
