from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks import algorithm
from pipeline.language.definition import read
from pipeline.language.parameters import overridden
from tests.definitions import get, join, json_get

Json = dict[str, Any]
Change = Callable[[Json], object]

IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
STEP = "step 'Step': "


def channel(name: str, content_type: str | None = "application/x-image", **members: Any) -> Json:
    """A channel; without a content type if it is None."""
    source = {
        "S3DataDistributionType": "FullyReplicated",
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://b/{name}/",
    }
    kind = {} if content_type is None else {"ContentType": content_type}
    return {"ChannelName": name, **kind, "DataSource": {"S3DataSource": source}, **members}


def training() -> Json:
    """Arguments of a Training step that the algorithm takes."""
    return {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {
            "num_classes": "3",
            "num_training_samples": "300",
            "num_layers": "50",
            "use_pretrained_model": "1",
            "resize": "256",
        },
        "InputDataConfig": [channel(name) for name in ("train", "validation", "train_lst", "validation_lst")],
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.g4dn.xlarge", "VolumeSizeInGB": 50},
    }


def found(kind: str, arguments: Json, parameters: list[Json] | None = None, *before: Json) -> list[str]:
    """What the check says of a step, each with where it stands in the step's Arguments."""
    step = {"Name": "Step", "Type": kind, "Arguments": arguments}
    document = {"Version": "2020-12-01", "Parameters": parameters or [], "Steps": [*before, step]}
    definition = read(json.dumps(document)).definition
    assert definition is not None
    values, _ = overridden(definition.parameters, {})
    told = []
    for one in algorithm.problems(definition, values):
        assert one.path[:3] == ("Steps", len(before), "Arguments")
        place = ".".join(map(str, one.path[3:]))
        key = " (key)" if one.at_key else ""
        assert one.message.startswith(STEP)
        told.append(f"{one.severity} {one.code} {place}{key}: {one.message.removeprefix(STEP)}")
    return told


def changed(change: Change, parameters: list[Json] | None = None) -> list[str]:
    """What the check says of a Training step after a change to its Arguments."""
    arguments = training()
    change(arguments)
    return found("Training", arguments, parameters)


def setting(**hyperparameters: object) -> Change:
    """Changes hyperparameters; None takes one away."""

    def change(arguments: Json) -> None:
        for name, value in hyperparameters.items():
            arguments["HyperParameters"].pop(name, None)
            if value is not None:
                arguments["HyperParameters"][name] = value

    return change


def in_channel(index: int, **members: object) -> Change:
    """Changes members of a channel."""
    return lambda arguments: arguments["InputDataConfig"][index].update(members)


def machine(**members: object) -> Change:
    """Changes members of ResourceConfig."""
    return lambda arguments: arguments["ResourceConfig"].update(members)


def other_image(arguments: Json) -> None:
    arguments["AlgorithmSpecification"]["TrainingImage"] = "1.dkr.ecr.eu-west-1.amazonaws.com/mine:1"
    arguments["HyperParameters"] = {"anything": "goes"}


def record_io(arguments: Json) -> None:
    channels = [channel(name, "application/x-recordio") for name in ("train", "validation")]
    arguments["InputDataConfig"] = channels
    arguments["AlgorithmSpecification"]["TrainingInputMode"] = "Pipe"
    del arguments["HyperParameters"]["resize"]


def manifest(arguments: Json) -> None:
    record_io(arguments)
    for one in arguments["InputDataConfig"]:
        source = one["DataSource"]["S3DataSource"]
        source |= {"S3DataType": "AugmentedManifestFile", "AttributeNames": ["source-ref", "class"]}
        one |= {
            "RecordWrapperType": "RecordIO",
            "ContentType": "application/x-recordio; label-format=class-id",
        }
    arguments["HyperParameters"]["multi_label"] = "1"


def without_attributes(arguments: Json) -> None:
    manifest(arguments)
    del arguments["InputDataConfig"][1]["DataSource"]["S3DataSource"]["AttributeNames"]


def with_one_attribute(arguments: Json) -> None:
    manifest(arguments)
    arguments["InputDataConfig"][1]["DataSource"]["S3DataSource"]["AttributeNames"] = ["source-ref"]


def without_wrapper(arguments: Json) -> None:
    manifest(arguments)
    del arguments["InputDataConfig"][0]["RecordWrapperType"]


def earlier_model(**members: Any) -> Change:
    def change(arguments: Json) -> None:
        arguments["InputDataConfig"].append(channel("model", **{"content_type": None, **members}))
        arguments["HyperParameters"]["use_pretrained_model"] = "0"

    return change


def sharded(arguments: Json) -> None:
    arguments["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"


def groups(arguments: Json) -> None:
    arguments["ResourceConfig"] = {
        "InstanceGroups": [
            {"InstanceCount": 1, "InstanceType": "ml.g5.xlarge", "InstanceGroupName": "a"},
            {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "InstanceGroupName": "b"},
        ]
    }
    arguments["HyperParameters"]["kv_store"] = "dist_sync"


EPOCHS = {"Name": "Epochs", "Type": "Integer", "DefaultValue": 0}
TYPES = {
    "Name": "Machine",
    "Type": "String",
    "DefaultValue": "ml.g5.xlarge",
    "EnumValues": ["ml.g5.xlarge", "ml.m5.xlarge", "ml.p2.xlarge"],
}

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
    "no lists": (
        lambda arguments: arguments["InputDataConfig"].__delitem__(slice(2, 4)),
        [],
        [
            ("error C218 InputDataConfig: there is no channel 'train_lst', which image files need"),
            ("error C218 InputDataConfig: there is no channel 'validation_lst', which image files need"),
        ],
    ),
    "no channels": (
        lambda arguments: arguments.pop("InputDataConfig"),
        [],
        ["error C218 : there is no channel 'train'"],
    ),
    "a channel of another name": (
        in_channel(0, ChannelName="training"),
        [],
        [
            "error C218 InputDataConfig: there is no channel 'train'",
            ("warning C268 InputDataConfig.0.ChannelName: the algorithm reads no channel 'training'"),
        ],
    ),
    "another content type": (
        in_channel(1, ContentType="text/csv"),
        [],
        [
            (
                "error C219 InputDataConfig.1.ContentType: channel 'validation' has the content "
                "type text/csv, which the algorithm does not read"
            )
        ],
    ),
    "two formats": (
        in_channel(1, ContentType="application/x-recordio"),
        [],
        [
            (
                "error C219 InputDataConfig.1.ContentType: channel 'validation' has the content "
                "type application/x-recordio, and channel 'train' application/x-image"
            )
        ],
    ),
    "a content type of images that is not documented for channels": (
        in_channel(2, ContentType="image/jpeg"),
        [],
        [
            (
                "warning C269 InputDataConfig.2.ContentType: channel 'train_lst' has the content "
                "type image/jpeg; application/x-image is documented for channels"
            )
        ],
    ),
    "no content type": (
        lambda arguments: arguments["InputDataConfig"][3].pop("ContentType"),
        [],
        ["warning C269 InputDataConfig.3: channel 'validation_lst' has no content type"],
    ),
    "image files in Pipe mode": (
        lambda arguments: arguments["AlgorithmSpecification"].update(TrainingInputMode="Pipe"),
        [],
        [
            (
                "error C219 AlgorithmSpecification.TrainingInputMode: channels 'train', 'validation', "
                "'train_lst', 'validation_lst' are read in Pipe mode, which image files cannot be"
            )
        ],
    ),
    "one channel of image files in Pipe mode": (
        in_channel(1, InputMode="Pipe"),
        [],
        [
            (
                "error C219 InputDataConfig.1.InputMode: channel 'validation' is read in Pipe mode, "
                "which image files cannot be"
            )
        ],
    ),
    "image files in FastFile mode": (
        lambda arguments: arguments["AlgorithmSpecification"].update(TrainingInputMode="FastFile"),
        [],
        [
            (
                "warning C282 AlgorithmSpecification.TrainingInputMode: channels 'train', 'validation', "
                "'train_lst', 'validation_lst' are read in FastFile mode, which is not documented "
                "for the algorithm"
            )
        ],
    ),
    "image files split among machines": (
        sharded,
        [],
        [
            (
                "error C219 InputDataConfig.0.DataSource.S3DataSource.S3DataDistributionType: "
                "channel 'train' is split among machines, and image files must be on each"
            )
        ],
    ),
    "manifest without attributes": (
        without_attributes,
        [],
        [
            (
                "error C219 InputDataConfig.1.DataSource.S3DataSource: channel 'validation' does "
                "not say which attributes of its manifest to read"
            )
        ],
    ),
    "manifest with one attribute": (
        with_one_attribute,
        [],
        [
            (
                "error C219 InputDataConfig.1.DataSource.S3DataSource.AttributeNames: channel "
                "'validation' reads 1 attributes of its manifest, and needs 2"
            )
        ],
    ),
    "manifest without wrapping": (
        without_wrapper,
        [],
        [("error C219 InputDataConfig.0: channel 'train' does not wrap what its manifest names as RecordIO")],
    ),
    "earlier model without a content type": (
        earlier_model(),
        [],
        [
            (
                "error C219 InputDataConfig.4: channel 'model' has the content type none, and needs "
                "application/x-sagemaker-model"
            )
        ],
    ),
    "earlier model in Pipe mode": (
        earlier_model(content_type="application/x-sagemaker-model", InputMode="Pipe"),
        [],
        ["error C219 InputDataConfig.4.InputMode: channel 'model' is read in File mode only"],
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


def tuning() -> Json:
    request = training()
    request["StaticHyperParameters"] = request.pop("HyperParameters")
    ranges = {
        "ContinuousParameterRanges": [{"Name": "learning_rate", "MinValue": "0.001", "MaxValue": "0.1"}],
        "CategoricalParameterRanges": [{"Name": "optimizer", "Values": ["sgd", "adam"]}],
    }
    return {
        "HyperParameterTuningJobConfig": {"ParameterRanges": ranges},
        "TrainingJobDefinition": request,
    }


def test_a_tuning_job_of_the_algorithm() -> None:
    assert found("Tuning", tuning()) == []


def test_what_a_tuning_job_does_wrong() -> None:
    arguments = tuning()
    request = arguments["TrainingJobDefinition"]
    request["StaticHyperParameters"] |= {"beta_1": "0.9", "epochs": "0"}
    request["ResourceConfig"]["InstanceType"] = "ml.m5.xlarge"
    arguments["HyperParameterTuningJobConfig"]["ParameterRanges"]["IntegerParameterRanges"] = [
        {"Name": "batch"}
    ]
    assert found("Tuning", arguments) == [
        (
            "error C210 TrainingJobDefinition.StaticHyperParameters: 'batch' is not a hyperparameter "
            "of image-classification"
        ),
        (
            "error C214 TrainingJobDefinition.StaticHyperParameters.epochs: epochs is '0', which is "
            "not a whole number from 1 up"
        ),
        (
            "error C201 TrainingJobDefinition.ResourceConfig.InstanceType: ml.m5.xlarge cannot train: "
            "it has no GPU that the algorithm uses"
        ),
    ]


def test_several_definitions_of_a_tuning_job_are_checked_each() -> None:
    good, bad = tuning()["TrainingJobDefinition"], tuning()["TrainingJobDefinition"]
    bad["HyperParameterRanges"] = {"IntegerParameterRanges": [{"Name": "epochs"}]}
    bad["StaticHyperParameters"] |= {"checkpoint_frequency": "100"}
    del good["InputDataConfig"][3]
    assert found("Tuning", {"TrainingJobDefinitions": [bad, good]}) == [
        (
            "error C218 TrainingJobDefinitions.1.InputDataConfig: there is no channel "
            "'validation_lst', which image files need"
        )
    ]


MODEL = {
    "Name": "Model",
    "Type": "Model",
    "Arguments": {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://b/m.tar.gz"}},
}


def transform(**members: Any) -> Json:
    given = {
        "ContentType": "application/x-image",
        "SplitType": "None",
        "Accept": "application/json",
        **members,
    }
    return {
        "ModelName": get("Steps.Model.ModelName"),
        "TransformInput": {"ContentType": given["ContentType"], "SplitType": given["SplitType"]},
        "TransformOutput": {"Accept": given["Accept"]},
        "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge"},
    }


@pytest.mark.parametrize(
    ("members", "told"),
    [
        pytest.param({}, [], id="images"),
        pytest.param(
            {"ContentType": "image/jpeg", "Accept": "application/jsonlines"}, [], id="JPEG to lines"
        ),
        pytest.param(
            {"ContentType": "text/csv"},
            [
                (
                    "error C224 TransformInput.ContentType: ContentType is text/csv, and the model "
                    "reads application/x-image, image/jpeg, image/png"
                )
            ],
            id="no images",
        ),
        pytest.param(
            {"SplitType": "Line"},
            [
                (
                    "error C224 TransformInput.SplitType: SplitType Line tears images apart: "
                    "the model takes one whole image a request"
                )
            ],
            id="torn images",
        ),
        pytest.param(
            {"Accept": "text/csv"},
            [
                (
                    "warning C273 TransformOutput.Accept: Accept is text/csv, and the model answers "
                    "with application/json or application/jsonlines"
                )
            ],
            id="odd answers",
        ),
    ],
)
def test_batch_transform(members: Json, told: list[str]) -> None:
    assert found("Transform", transform(**members), None, MODEL) == told


def test_transforming_with_another_model() -> None:
    other = copy.deepcopy(MODEL)
    other["Arguments"]["PrimaryContainer"]["Image"] = "mine:1"  # type: ignore[index]
    assert found("Transform", transform(ContentType="text/csv"), None, other) == []
    named = {**transform(ContentType="text/csv"), "ModelName": "a-model"}
    assert found("Transform", named) == []


def test_models_and_packages_name_a_fixed_image() -> None:
    container = {"Image": IMAGE.replace(":1", ":latest")}
    told = "the tag latest can stand for another image any day"
    assert found("Model", {"Containers": [{"Image": IMAGE}, container]}) == [
        f"warning C267 Containers.1.Image: {told}"
    ]
    assert found("RegisterModel", {"InferenceSpecification": {"Containers": [container]}}) == [
        f"warning C267 InferenceSpecification.Containers.0.Image: {told}"
    ]
    assert found("Model", {"PrimaryContainer": {"Image": IMAGE.replace(":1", "@sha256:abc")}}) == []


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
