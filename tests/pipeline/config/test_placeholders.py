from __future__ import annotations

import pytest

from pipeline.account import AccountFacts
from pipeline.config.placeholders import partition_of
from tests.pipeline.config.conftest import WHOLE, Load, Refuse

FACTS = AccountFacts(
    account="123456789012",
    region="eu-west-1",
    partition="aws",
    bucket="sagemaker-eu-west-1-123456789012",
    role="arn:aws:iam::123456789012:role/real",
)


def with_train(prefix: str, rest: str = "") -> str:
    return WHOLE.replace("s3://my-bucket/train", prefix) + rest


@pytest.mark.parametrize(
    ("prefix", "filled"),
    [
        pytest.param("s3://${bucket}/x", "s3://sagemaker-eu-west-1-123456789012/x", id="fact"),
        pytest.param("s3://b-b/${name}/x", "s3://b-b/digits/x", id="top-level key"),
        pytest.param("s3://b-b/${region}/${account}", "s3://b-b/eu-west-1/123456789012", id="two"),
        pytest.param("s3://b-b/${version}", "s3://b-b/1", id="number in a text"),
        pytest.param("s3://b-b/$${name}", "s3://b-b/${name}", id="escaped"),
        pytest.param("s3://b-b/$name-$", "s3://b-b/$name-$", id="lone dollars"),
        pytest.param("s3://b-b/${Team}", "s3://b-b/vision", id="environment"),
        pytest.param("s3://b-b/${partition}", "s3://b-b/aws", id="a fact goes before the environment"),
    ],
)
def test_names_are_filled_in(load: Load, prefix: str, filled: str) -> None:
    environ = {"IMGPIPE_TEAM": "vision", "IMGPIPE_PARTITION": "mars", "TEAM": "other"}
    assert load(with_train(prefix), facts=FACTS, environ=environ).config.data.train == filled


def test_a_top_level_key_goes_before_a_fact_and_may_hold_names_itself(load: Load) -> None:
    loaded = load(with_train("s3://${bucket}/x", 'bucket: "${name}-${region}"\n'), facts=FACTS)
    assert loaded.config.data.train == "s3://digits-eu-west-1/x"
    assert loaded.facts.bucket == "digits-eu-west-1"
    assert loaded.facts.role == FACTS.role


def test_a_name_without_quotes_can_be_a_number(load: Load) -> None:
    loaded = load(WHOLE + "score:\n  instance_count: ${count}\n", environ={"IMGPIPE_COUNT": "2"})
    assert loaded.config.score.instance_count == 2


def test_a_name_in_quotes_stays_a_text(refuse: Refuse) -> None:
    told = refuse(WHOLE + 'score: {instance_count: "${count}"}\n', environ={"IMGPIPE_COUNT": "2"})
    assert "instance_count takes a whole number, not '2'" in told


def test_without_an_account_facts_are_made_up_and_named(load: Load) -> None:
    loaded = load(with_train("s3://${bucket}/x"))
    assert loaded.config.data.train == "s3://sagemaker-us-east-1-111122223333/x"
    assert loaded.stand_ins == ("account", "bucket", "partition", "region", "role")


@pytest.mark.parametrize(
    ("rest", "environ", "facts", "stand_ins"),
    [
        pytest.param(
            "region: cn-north-1\n",
            {},
            AccountFacts(
                "111122223333",
                "cn-north-1",
                "aws-cn",
                "sagemaker-cn-north-1-111122223333",
                "arn:aws-cn:iam::111122223333:role/imgpipe-execution",
            ),
            ("account", "bucket", "partition", "role"),
            id="region of the config",
        ),
        pytest.param(
            "",
            {"IMGPIPE_ACCOUNT": "999988887777", "IMGPIPE_ROLE": "arn:aws:iam::999988887777:role/r"},
            AccountFacts(
                "999988887777",
                "us-east-1",
                "aws",
                "sagemaker-us-east-1-999988887777",
                "arn:aws:iam::999988887777:role/r",
            ),
            ("bucket", "partition", "region"),
            id="environment",
        ),
    ],
)
def test_made_up_facts_agree_with_known_ones(
    load: Load, rest: str, environ: dict[str, str], facts: AccountFacts, stand_ins: tuple[str, ...]
) -> None:
    loaded = load(WHOLE + rest, environ=environ)
    assert (loaded.facts, loaded.stand_ins) == (facts, stand_ins)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-northwest-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("", "aws")],
)
def test_partitions(region: str, partition: str) -> None:
    assert partition_of(region) == partition


REFUSED = {
    "unknown": (
        with_train("s3://${bukket}/x"),
        """\
c.yaml:4:10: error C008 unknown-name: '${bukket}' stands for nothing that is known
    3 | data:
    4 |   train: s3://${bukket}/x
      |          ^^^^^^^^^^^^^^^^
  hint: known names: account, bucket, name, partition, region, role, version; \
or set IMGPIPE_BUKKET in the environment""",
    ),
    "section": (
        with_train("s3://b-b/${gate}"),
        """\
c.yaml:4:10: error C008 unknown-name: '${gate}' stands for nothing that is known
    3 | data:
    4 |   train: s3://b-b/${gate}
      |          ^^^^^^^^^^^^^^^^
  hint: known names: account, bucket, name, partition, region, role, version; \
or set IMGPIPE_GATE in the environment""",
    ),
    "no name": (
        with_train("s3://b-b/${env:HOME}"),
        """\
c.yaml:4:10: error C009 bad-placeholder: '${env:HOME}' is not a name
    3 | data:
    4 |   train: s3://b-b/${env:HOME}
      |          ^^^^^^^^^^^^^^^^^^^^
  hint: write ${name}; $${ stands for the characters ${ themselves""",
    ),
    "no end": (
        with_train("s3://b-b/${name"),
        """\
c.yaml:4:10: error C009 bad-placeholder: '${' begins a name that does not end
    3 | data:
    4 |   train: s3://b-b/${name
      |          ^^^^^^^^^^^^^^^
  hint: write ${name}; $${ stands for the characters ${ themselves""",
    ),
    "circle": (
        WHOLE + "bucket: b-${region}\nregion: ${bucket}\n",
        """\
c.yaml:8:9: error C009 bad-placeholder: '${region}' leads to itself: region → bucket → region
    7 |   accuracy: 0.9
    8 | bucket: b-${region}
      |         ^^^^^^^^^^^
  hint: write the value of one of them""",
    ),
}


@pytest.mark.parametrize(("text", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_placeholders(refuse: Refuse, text: str, error: str) -> None:
    assert refuse(text) == error


def test_names_that_double_each_other_stay_small(refuse: Refuse) -> None:
    doubling = "\n".join(f'k{n}: "${{k{n - 1}}}${{k{n - 1}}}"' for n in range(1, 60))
    assert "error C009 bad-placeholder: this grows to " in refuse(f"{WHOLE}k0: {'x' * 100}\n{doubling}\n")
