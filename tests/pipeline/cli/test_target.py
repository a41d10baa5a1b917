from pathlib import Path

import pytest

from pipeline.cli.home import home
from pipeline.cli.target import Target, parse_parameters
from pipeline.errors import UsageError
from pipeline.session import Session

REGIONAL = """
extends: {quickstart}
name: regional
region: eu-west-1
"""


@pytest.fixture
def regional(tmp_path: Path) -> Path:
    quickstart = Path(__file__).parents[3] / "config" / "quickstart.yaml"
    (tmp_path / "regional.yaml").write_text(REGIONAL.format(quickstart=quickstart))
    return tmp_path / "regional.yaml"


def test_the_config_says_where_on_aws_to_go(regional: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    assert Target(regional, local=False).session().boto.region_name == "eu-west-1"
    assert Target(regional, local=False, region="us-west-2").session().boto.region_name == "us-west-2"


def test_two_regions_are_refused(regional: Path, session: Session) -> None:
    with pytest.raises(UsageError) as caught:
        Target(regional, local=False, region="us-east-1").load(session)
    assert str(caught.value) == (
        f"{regional}:4:9: error R008 two-regions: --region is us-east-1, "
        "and the config's region is eu-west-1\n"
        "  hint: leave out one of them"
    )


def test_the_local_sagemaker_plays_every_region(regional: Path, session: Session) -> None:
    assert Target(regional, local=True).load(session).facts.region == "eu-west-1"


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


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(
            ["A=1", "Epochs=3", "A=2", "A=1"],
            "error R144 parameter-twice: parameter 'A' is given 3 times: 1, 2, 1\n  hint: give it once",
            id="twice",
        ),
        pytest.param(
            ["=3"],
            "error R105 bad-parameter: a parameter has no name\n  hint: write NAME=VALUE",
            id="no name",
        ),
    ],
)
def test_parameters_that_say_nothing_clear(texts: list[str], expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_parameters(texts)
    assert str(caught.value) == expected


def test_home_is_what_the_environment_says() -> None:
    assert home({"IMGPIPE_HOME": "/somewhere"}) == Path("/somewhere")
    assert home({}) == Path.home() / ".imgpipe"
