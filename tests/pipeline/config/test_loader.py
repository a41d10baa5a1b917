from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config.loader import load_config
from pipeline.errors import ConfigError, Place
from tests.pipeline.config.conftest import WHOLE, Load, Refuse

REPOSITORY = Path(__file__).parents[3]


@pytest.mark.parametrize("file", ["pipeline.yaml", "quickstart.yaml"])
def test_the_configs_of_this_project_are_right(file: str) -> None:
    loaded = load_config(REPOSITORY / "config" / file, facts=None, environ={})
    # The images of the quickstart are smaller than those that AWS documents pretrained weights for.
    assert {one.code for one in loaded.warnings} <= {"C251", "C261"}


def test_the_pipeline_of_the_mission() -> None:
    config = load_config(REPOSITORY / "config/pipeline.yaml", facts=None, environ={}).config
    given_to_algorithm = config.train.hyperparameters
    assert (given_to_algorithm.num_layers, given_to_algorithm.use_pretrained_model) == (50, 1)
    assert (given_to_algorithm.image_shape, given_to_algorithm.resize_pixels) == ("3,224,224", 256)
    assert (given_to_algorithm.mini_batch_size, given_to_algorithm.epochs) == (32, 10)
    assert config.train.instance_type == ("ml.p2.xlarge", "ml.g4dn.xlarge", "ml.g5.xlarge")
    assert config.deploy.instance_type == ("ml.m4.xlarge", "ml.m5.xlarge")
    assert (config.deploy.when, config.endpoint, config.group) == (
        "gate",
        "image-classification",
        "image-classification",
    )
    assert config.gate.thresholds() == {"accuracy": 0.9}


def test_the_least_config_gets_defaults(load: Load) -> None:
    loaded = load(WHOLE)
    config = loaded.config
    assert (config.group, config.endpoint, config.deploy.when) == ("digits", "digits", "never")
    assert config.validation.instance_type == ("ml.m5.large",)
    assert loaded.warnings == ()


def test_all_problems_are_told_at_once_in_the_order_of_their_places(refuse: Refuse) -> None:
    text = """\
version: 1
name: digits
data:
  train: s3://${bukket}/train
  validation: s3://my-bucket/validation
train:
  instance_type: ml.m5.large
gate:
  acuracy: 0.9
deploy:
  when: approved
"""
    found = [line for line in refuse(text).splitlines() if line.startswith("c.yaml:")]
    assert [(line.split(":")[1], line.split()[2]) for line in found] == [
        ("4", "C008"),
        ("7", "C201"),
        ("9", "C102"),
        ("11", "C107"),
    ]


def test_a_loaded_config_knows_where_its_values_stand(load: Load) -> None:
    loaded = load(WHOLE)
    assert loaded.place("gate", "accuracy") == Place("c.yaml", 7, 13)
    assert loaded.place("deploy", "when") == Place("c.yaml", 1, 1)


OVERLAPS = {
    "the same": ("s3://b-b/x", "s3://b-b/x"),
    "the same but for a slash": ("s3://b-b/x/", "s3://b-b/x"),
    "validation inside train": ("s3://b-b/x", "s3://b-b/x/validation"),
    "train inside validation": ("s3://b-b/x/train", "s3://b-b/x"),
}


@pytest.mark.parametrize(("train", "validation"), OVERLAPS.values(), ids=OVERLAPS.keys())
def test_overlapping_prefixes_are_refused(refuse: Refuse, train: str, validation: str) -> None:
    text = WHOLE.replace("s3://my-bucket/train", train).replace("s3://my-bucket/validation", validation)
    told = refuse(text)
    assert told.startswith(
        "c.yaml:5:15: error C211 overlapping-prefixes: the validation images lie in the prefix"
    )
    assert "  why:  a model would be measured on images that it has seen\n" in told


SHARED = WHOLE.replace("validation: s3://my-bucket/validation", "validation_share: 0.2")


def test_one_prefix_and_a_share_of_it(load: Load) -> None:
    data = load(SHARED).config.data
    assert (data.prefixes, data.validation_share) == ({"train": "s3://my-bucket/train"}, 0.2)


def test_what_is_inherited_can_be_given_up(load: Load) -> None:
    text = "extends: base.yaml\ndata: {validation: null, validation_share: 0.3}\n"
    assert load(text, base=WHOLE).config.data.validation is None


def test_two_ways_to_validation_images_are_one_too_many(refuse: Refuse) -> None:
    told = refuse(
        SHARED.replace("  validation_share", "  validation: s3://my-bucket/validation\n  validation_share")
    )
    assert told.startswith(
        "c.yaml:6:21: error C217 two-validations: there are validation images of their own, and a share of "
        "the training images\n"
    )
    assert "hint: remove one of them; write validation: null where the extended file has it" in told


@pytest.mark.parametrize(
    ("share", "error"),
    [
        pytest.param("20", "validation_share is 20, and 0.5 is the most\n", id="percentage"),
        pytest.param("0", "validation_share is 0, and 0.01 is the least\n", id="none"),
        pytest.param("20%", "validation_share takes a number, not '20%'\n", id="with its unit"),
    ],
)
def test_a_share_is_between_nothing_and_a_half(refuse: Refuse, share: str, error: str) -> None:
    told = refuse(SHARED.replace("0.2", share))
    assert error in told
    # The key that would be missing without it is there.
    assert told.count("error C") == 1


def test_prefixes_that_only_begin_alike_are_right(load: Load) -> None:
    load(WHOLE.replace("s3://my-bucket/validation", "s3://my-bucket/train-not"))


@pytest.mark.parametrize(
    ("length", "rest", "error"),
    [
        pytest.param(
            64, "", "register.group is the pipeline's name, whose 64 characters are too many", id="group"
        ),
        pytest.param(
            38,
            "deploy: {when: gate}\n",
            "deploy.endpoint is the pipeline's name, whose 38 characters are too many",
            id="endpoint",
        ),
    ],
)
def test_a_long_name_cannot_name_everything(refuse: Refuse, length: int, rest: str, error: str) -> None:
    assert f"c.yaml:2:7: error C212 name-too-long: {error}" in refuse(
        WHOLE.replace("digits", "d" * length) + rest
    )


def test_a_long_name_is_right_where_nothing_is_called_so(load: Load) -> None:
    load(
        WHOLE.replace("digits", "d" * 200)
        + "register: {group: short}\ndeploy: {when: gate, endpoint: short}\n"
    )


WEIGHTS = WHOLE + "train:\n  hyperparameters: {use_pretrained_model: 1}\n  pretrained: {weights: w.pth}\n"


def test_weights_are_found_from_the_file_that_names_them(load: Load, tmp_path: Path) -> None:
    folder = tmp_path / "team"
    folder.mkdir()
    (folder / "w.pth").write_bytes(b"")
    (folder / "base.yaml").write_text(WEIGHTS, encoding="utf-8")
    assert load("extends: team/base.yaml\n").config.train.pretrained.weights == str(folder / "w.pth")


@pytest.mark.parametrize("name", ["w.pth", ".", '"a\\0b"'], ids=["missing", "folder", "NUL"])
def test_weights_that_are_no_file_are_refused(refuse: Refuse, name: str) -> None:
    told = refuse(WEIGHTS.replace("w.pth", name))
    assert told.startswith("c.yaml:10:25: error C208 weights-missing: there is no file /")
    assert told.endswith("  hint: the path starts at the YAML file that names it")


def test_warnings_do_not_refuse_a_config(load: Load) -> None:
    loaded = load(WHOLE + "score: {instance_type: ml.c4.xlarge}\n")
    assert [str(one) for one in loaded.warnings] == [
        """\
c.yaml:8:24: warning C251 retired-instance: ml.c4.xlarge belongs to a retired family
    7 |   accuracy: 0.9
    8 | score: {instance_type: ml.c4.xlarge}
      |                        ^^^^^^^^^^^^
  why:  AWS moved its own tests off C4 in 2024: github.com/aws/deep-learning-containers/pull/3772
  hint: put a newer type beside it, such as ml.g4dn.xlarge or ml.m5.xlarge"""
    ]


def test_reading_a_config_imports_neither_the_sdk_nor_boto3() -> None:
    code = (
        "import sys, pathlib, pipeline.config.loader as loader\n"
        "loader.load_config(pathlib.Path('config/pipeline.yaml'), facts=None, environ={})\n"
        "slow = {'sagemaker', 'boto3', 'botocore', 'torch', 'numpy', 'moto'} & set(sys.modules)\n"
        "sys.exit(f'imported: {slow}' if slow else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


YAMLISH = st.text(alphabet="ab:[]{}-#&*!|>'\"%@`,?<~$\\ \n\t0.9éx\u2028\x00\ud7ff") | st.lists(
    st.sampled_from(
        [
            *WHOLE.splitlines(),
            "<<: *a",
            "a: &a",
            "- b",
            "${name}",
            "extends: c.yaml",
            "train: {",
            "  x: [",
            "}",
            "''",
            "!!int",
        ]
    ),
).map("\n".join)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=YAMLISH)
def test_no_text_does_anything_but_load_or_be_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(text, encoding="utf-8")
    told = []
    try:
        load_config(file, facts=None, environ={})
    except ConfigError as error:
        told.append(str(error))
    assert all(told)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        "name", "data", "validate", "train", "score", "evaluate", "gate", "register", "deploy", "role",
        "tags", "network", "encryption", "parallelism", "caching",
    ]
)  # fmt: skip
RETRIES = st.lists(
    VALUES
    | st.fixed_dictionaries(
        {},
        optional={
            "when": VALUES | st.just(["capacity"]) | st.just("capacity"),
            "whenn": VALUES,
            "expire": VALUES | st.just("1h"),
            "attempts": VALUES | st.just(3),
        },
    ),
    max_size=4,
)
DEEP = st.fixed_dictionaries(
    {}, optional={"retry": RETRIES, "spot": VALUES, "environment": VALUES, "instance_type": VALUES}
)
"""Sections with lists of sections in them."""


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=st.dictionaries(KEYS, VALUES | DEEP))
def test_no_value_does_anything_but_load_or_be_refused(tmp_path: Path, document: dict[str, object]) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(json.dumps({"version": 1, **document}), encoding="utf-8")
    told = []
    try:
        load_config(file, facts=None, environ={})
    except ConfigError as error:
        told.append(str(error))
    assert all(told)
