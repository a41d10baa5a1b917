from pathlib import Path

import pytest

from pipeline.cli.home import home
from pipeline.cli.target import parse_parameters
from pipeline.errors import UsageError


def test_parameters_are_split_at_the_first_equals_sign() -> None:
    assert parse_parameters(["Epochs=3", "TrainData=s3://b/a=b"]) == {
        "Epochs": "3",
        "TrainData": "s3://b/a=b",
    }
    assert parse_parameters(None) == {}


def test_every_parameter_without_a_value_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        parse_parameters(["Epochs", "A=1", "MiniBatchSize="])
    assert str(caught.value) == (
        "error R105 bad-parameter: parameter 'Epochs' has no value\n  hint: write Epochs=VALUE\n\n"
        "error R105 bad-parameter: parameter 'MiniBatchSize' has no value\n  hint: write MiniBatchSize=VALUE"
    )


def test_home_is_what_the_environment_says() -> None:
    assert home({"IMGPIPE_HOME": "/somewhere"}) == Path("/somewhere")
    assert home({}) == Path.home() / ".imgpipe"
