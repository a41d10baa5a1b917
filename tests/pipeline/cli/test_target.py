from pathlib import Path

import pytest

from pipeline.cli.home import home
from pipeline.cli.target import Target, parse_parameters
from pipeline.errors import UsageError
from pipeline.session import Session
from tests.pipeline.stubs import client_error, stub_session

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


CHOICE = """
extends: {quickstart}
name: choosy
train: {{instance_type: [ml.g4dn.xlarge, ml.g5.xlarge]}}
"""


def on_aws(answer: object) -> Session:
    identity = {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/ann"}
    return stub_session(
        local=False,
        sts={"get_caller_identity": identity},
        service_quotas={"list_service_quotas": answer},
    )


@pytest.fixture
def choosy(tmp_path: Path) -> Path:
    quickstart = Path(__file__).parents[3] / "config" / "quickstart.yaml"
    (tmp_path / "choosy.yaml").write_text(CHOICE.format(quickstart=quickstart))
    return tmp_path / "choosy.yaml"


def test_machines_are_chosen_by_their_quotas(choosy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quota = {"QuotaName": "ml.g4dn.xlarge for training job usage", "Value": 0.0}
    loaded = Target(choosy, local=False).load_to_build(on_aws({"Quotas": [quota]}))
    assert loaded.facts.without_quota == {("training", "ml.g4dn.xlarge")}
    assert capsys.readouterr().err == (
        "note: train.instance_type: the quota 'ml.g4dn.xlarge for training job usage' is 0; ml.g5.xlarge "
        "is used "
        "in its place\n"
    )


def test_without_leave_to_ask_they_are_chosen_all_the_same(
    choosy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    denied = client_error("AccessDeniedException", "not authorized")
    loaded = Target(choosy, local=False).load_to_build(on_aws(denied))
    assert loaded.facts.without_quota == frozenset()
    assert capsys.readouterr().err == (
        "note: machines are chosen without their quotas: the caller may not servicequotas:ListServiceQuotas\n"
    )


def test_quotas_are_asked_only_where_they_matter(
    choosy: Path, session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not of the local SageMaker, and not where there is one machine for everything."""
    one = choosy.with_name("one.yaml")
    one.write_text(f"extends: {choosy}\ntrain: {{instance_type: ml.g5.xlarge}}\ndeploy: {{when: never}}\n")
    never_asked = on_aws(AssertionError("asked"))
    assert Target(one, local=False).load_to_build(never_asked).facts.without_quota == frozenset()
    assert Target(choosy, local=True).load_to_build(session).facts.without_quota == frozenset()
    assert capsys.readouterr().err == ""


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
