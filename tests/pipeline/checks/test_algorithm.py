from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks import algorithm
from pipeline.language.definition import read
from tests.definitions import get, join, json_get
from tests.pipeline.checks.trainings import (
    EPOCHS,
    IMAGE,
    TYPES,
    Change,
    Json,
    changed,
    earlier_model,
    groups,
    machine,
    manifest,
    other_image,
    record_io,
    setting,
    training,
    tuning,
)

GOOD: dict[str, tuple[Change, list[Json]]] = {
    "image files": (lambda arguments: None, []),
    "another image": (other_image, []),
    "an image that is not known yet": (
        lambda arguments: arguments["AlgorithmSpecification"].update(TrainingImage=get("Parameters.Epochs")),
        [{"Name": "Epochs", "Type": "String"}],
    ),
    "RecordIO in Pipe mode": (record_io, []),
    "augmented manifest with several labels": (manifest, []),
    "earlier model": (earlier_model(content_type="application/x-sagemaker-model"), []),
    "network isolation": (lambda arguments: arguments.update(EnableNetworkIsolation=True), []),
    "counts that come from a report": (
        setting(num_training_samples=join("", json_get("n", "Check.PropertyFiles.Report"))),
        [],
    ),
    "a parameter without a default": (
        setting(epochs=get("Parameters.Epochs")),
        [{"Name": "Epochs", "Type": "String"}],
    ),
    "a batch that four GPUs can share": (machine(InstanceType="ml.g5.12xlarge"), []),
    "all hyperparameters in a parameter": (lambda arguments: arguments.update(HyperParameters=get("x")), []),
}


@pytest.mark.parametrize(("change", "parameters"), GOOD.values(), ids=GOOD.keys())
def test_what_the_algorithm_takes(change: Change, parameters: list[Json]) -> None:
    assert changed(change, parameters) == []


BAD: dict[str, tuple[Change, list[Json], list[str]]] = {
    "missing hyperparameter": (
        setting(num_classes=None),
        [],
        ["error C209 HyperParameters: num_classes is missing, and has no default"],
    ),
    "no hyperparameters": (
        lambda arguments: arguments.pop("HyperParameters"),
        [],
        [
            "error C209 : num_classes is missing, and has no default",
            "error C209 : num_training_samples is missing, and has no default",
            "warning C274 : resize is missing, which AWS requires for image files",
        ],
    ),
    "unknown hyperparameter": (
        setting(layers="50"),
        [],
        [
            (
                "error C210 HyperParameters.layers (key): 'layers' is not a hyperparameter of "
                "image-classification"
            )
        ],
    ),
    "Boolean as the SDK writes it": (
        setting(early_stopping="true"),
        [],
        [("error C214 HyperParameters.early_stopping: early_stopping is 'true', and can be True or False")],
    ),
    "Boolean of JSON": (
        setting(early_stopping=True),
        [],
        [("error C214 HyperParameters.early_stopping: early_stopping is 'true', and can be True or False")],
    ),
    "the value of a parameter": (
        setting(epochs=get("Parameters.Epochs")),
        [EPOCHS],
        [("error C214 HyperParameters.epochs: epochs is '0', which is not a whole number from 1 up")],
    ),
    "a text joined of what is known": (
        setting(image_shape=join(",", "3", get("Parameters.Epochs"), "224")),
        [EPOCHS],
        [
            (
                "error C214 HyperParameters.image_shape: image_shape is '3,0,224', "
                "which is not channels, height and width"
            )
        ],
    ),
    "a rule between two": (
        setting(num_layers="20", image_shape="3,32,32", resize="32"),
        [],
        [
            (
                "error C202 HyperParameters.num_layers: num_layers: there are no pretrained weights for "
                "20 layers"
            ),
            (
                "warning C261 HyperParameters.image_shape: image_shape: pretrained weights are "
                "documented for images of 224x224 only, not 32x32"
            ),
        ],
    ),
    "no resize for image files": (
        setting(resize=None),
        [],
        ["warning C274 HyperParameters: resize is missing, which AWS requires for image files"],
    ),
    "kv_store of one machine": (
        setting(kv_store="dist_sync"),
        [],
        ["warning C254 HyperParameters.kv_store: kv_store has no effect: there is one machine"],
    ),
    "several machines without kv_store": (
        machine(InstanceCount=2),
        [],
        [
            (
                "warning C264 HyperParameters: nothing says how 2 machines share their weights: "
                "there is no kv_store"
            )
        ],
    ),
    "metric definitions": (
        lambda arguments: arguments["AlgorithmSpecification"].update(
            MetricDefinitions=[{"Name": "validation:accuracy", "Regex": "x"}]
        ),
        [],
        [
            (
                "error C220 AlgorithmSpecification.MetricDefinitions (key): AWS refuses "
                "MetricDefinitions for its own algorithms, whose metrics it knows"
            )
        ],
    ),
    "the tag latest": (
        lambda arguments: arguments["AlgorithmSpecification"].update(TrainingImage=IMAGE[:-1] + "latest"),
        [],
        [
            (
                "warning C267 AlgorithmSpecification.TrainingImage: the tag latest can stand for "
                "another image any day"
            )
        ],
    ),
    "no tag": (
        lambda arguments: arguments["AlgorithmSpecification"].update(TrainingImage=IMAGE[:-2]),
        [],
        [
            (
                "warning C267 AlgorithmSpecification.TrainingImage: the tag latest can stand for "
                "another image any day"
            )
        ],
    ),
    "machine without a GPU": (
        machine(InstanceType="ml.m5.xlarge"),
        [],
        [
            (
                "error C201 ResourceConfig.InstanceType: ml.m5.xlarge cannot train: it has no GPU "
                "that the algorithm uses"
            )
        ],
    ),
    "machine that is not documented": (
        machine(InstanceType="ml.g6.xlarge"),
        [],
        [
            (
                "warning C252 ResourceConfig.InstanceType: ml.g6.xlarge is not among the types "
                "that the algorithm's documentation lists"
            )
        ],
    ),
    "a choice without a GPU": (
        machine(InstanceType=get("Parameters.Machine")),
        [TYPES],
        [
            (
                "error C201 ResourceConfig.InstanceType: ml.m5.xlarge, a choice of parameter "
                "'Machine', cannot train: it has no GPU that the algorithm uses"
            )
        ],
    ),
    "a value without a GPU": (
        machine(InstanceType=get("Parameters.Machine")),
        [{"Name": "Machine", "Type": "String", "DefaultValue": "ml.c5.xlarge"}],
        [
            (
                "error C201 ResourceConfig.InstanceType: ml.c5.xlarge, the value of parameter "
                "'Machine', cannot train: it has no GPU that the algorithm uses"
            )
        ],
    ),
    "machines in groups": (
        groups,
        [],
        [
            (
                "error C201 ResourceConfig.InstanceGroups.1.InstanceType: ml.m5.xlarge cannot "
                "train: it has no GPU that the algorithm uses"
            )
        ],
    ),
    "a batch that four GPUs cannot share": (
        lambda arguments: [
            setting(mini_batch_size="30")(arguments),
            machine(InstanceType="ml.g5.12xlarge")(arguments),
        ],
        [],
        [
            (
                "warning C263 HyperParameters.mini_batch_size: mini_batch_size: 30 images a batch "
                "cannot be shared equally by the 4 GPUs of ml.g5.12xlarge"
            )
        ],
    ),
}


@pytest.mark.parametrize(("change", "parameters", "told"), BAD.values(), ids=BAD.keys())
def test_what_the_algorithm_does_not_take(change: Change, parameters: list[Json], told: list[str]) -> None:
    assert changed(change, parameters) == told


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2000)
    | st.sampled_from(["", "train", "Pipe", "ml.g5.xlarge"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_whatever_stands_in_a_request_does_no_harm(data: st.DataObject) -> None:
    arguments = data.draw(st.sampled_from([training(), tuning()["TrainingJobDefinition"]]))
    parts: list[tuple[Any, Any]] = []

    def collect(value: object) -> None:
        for key, item in value.items() if isinstance(value, dict) else []:
            parts.append((value, key))
            collect(item)
        for index, item in enumerate(value) if isinstance(value, list) else []:
            parts.append((value, index))
            collect(item)

    collect(arguments)
    holder, key = data.draw(st.sampled_from(parts))
    holder[key] = data.draw(JSON)
    arguments["AlgorithmSpecification"] = arguments["AlgorithmSpecification"] or {}
    for kind in ("Training", "Tuning", "Transform", "Model", "RegisterModel"):
        document = {"Version": "2020-12-01", "Steps": [{"Name": "S", "Type": kind, "Arguments": arguments}]}
        definition = read(json.dumps(document)).definition
        if definition is not None:
            assert all(one.path[:2] == ("Steps", 0) for one in algorithm.problems(definition, {}))
