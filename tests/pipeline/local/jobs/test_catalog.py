from __future__ import annotations

import sys

import pytest

from pipeline.local.errors import NotSupportedLocally
from pipeline.local.jobs.catalog import IMAGES, Framework, Image, image_for, on_this_machine, repository


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1", "image-classification"),
        ("246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn", "sagemaker-scikit-learn"),
        ("registry:5000/team/own:1.0", "team/own"),
        ("localhost/own@sha256:0123", "own"),
        ("registry.io/own:1@sha256:0123", "own"),
        ("team/own:1", "team/own"),
        ("own", "own"),
        ("", ""),
    ],
)
def test_an_image_is_known_by_its_repository(uri: str, name: str) -> None:
    assert repository(uri) == name


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("training", "image-classification"),
        ("serving", "image-classification"),
        ("processing", "sagemaker-scikit-learn"),
        ("processing", "pytorch-training"),
        ("training", "sagemaker-scikit-learn"),
        ("training", "pytorch-training"),
        ("serving", "sagemaker-scikit-learn"),
        ("serving", "pytorch-inference"),
    ],
)
def test_an_image_has_its_roles(role: str, name: str) -> None:
    assert image_for(IMAGES, role, f"1.dkr.ecr.us-east-1.amazonaws.com/{name}:1") is IMAGES[name]


FRAMEWORKS = (
    "huggingface-pytorch-training, huggingface-tensorflow-training, mxnet-training, pytorch-training, "
    "sagemaker-scikit-learn, sagemaker-xgboost, tensorflow-training"
)
SERVERS = (
    "huggingface-pytorch-inference, image-classification, mxnet-inference, pytorch-inference, "
    "sagemaker-scikit-learn, sagemaker-xgboost"
)


@pytest.mark.parametrize(
    ("role", "uri", "known"),
    [
        ("processing", "r.io/image-classification:1", FRAMEWORKS),
        ("training", "r.io/linear-learner:1", FRAMEWORKS.replace("mxnet", "image-classification, mxnet")),
        ("serving", "r.io/pytorch-training:2", SERVERS),
        ("serving", "r.io/tensorflow-inference:2", SERVERS),
    ],
)
def test_an_image_without_a_program_is_refused_by_name(role: str, uri: str, known: str) -> None:
    with pytest.raises(NotSupportedLocally) as caught:
        image_for(IMAGES, role, uri)
    assert str(caught.value) == (
        f"error R110 not-supported-locally: no program stands for image '{uri}' in {role}, "
        "so the local SageMaker does not run it\n"
        f"  why:  no containers run here; the images known for {role} are {known}\n"
        "  hint: run it on SageMaker; docs/parity.md lists what runs locally"
    )


def test_the_container_s_python_is_this_one() -> None:
    assert on_this_machine(["python3", "a.py", "python3"]) == [sys.executable, "a.py", "python3"]
    assert on_this_machine(["/bin/sh", "-c", "true"]) == ["/bin/sh", "-c", "true"]
    assert on_this_machine(["python", "a.py"], "/layer/bin/python3") == ["/layer/bin/python3", "a.py"]


def test_an_image_whose_framework_is_not_here_is_refused_by_name() -> None:
    images = {
        "mine-training": Image(runs_scripts=True, framework=Framework(("json", "no_such_package"), "m"))
    }
    with pytest.raises(NotSupportedLocally) as caught:
        image_for(images, "training", "r.io/mine-training:1")
    assert (caught.value.what, caught.value.why) == (
        (
            "the scripts of image 'r.io/mine-training:1' need no_such_package, which this Python has not "
            "installed"
        ),
        "jobs run in the Python of imgpipe; install there what provides no_such_package",
    )


def test_an_image_whose_models_cannot_be_served_here_is_refused_by_name() -> None:
    images = {"mine-inference": Image(serve=("serve",), needs=("json", "no_such_package"))}
    with pytest.raises(NotSupportedLocally) as caught:
        image_for(images, "serving", "r.io/mine-inference:1")
    assert caught.value.what == (
        "the scripts of image 'r.io/mine-inference:1' need no_such_package, which this Python has not "
        "installed"
    )


def test_a_package_is_needed_once() -> None:
    assert Image(framework=Framework(("a", "b"), "m"), needs=("b", "c")).packages == ("a", "b", "c")
