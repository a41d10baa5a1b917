"""What every section with jobs takes: environment variables and retries."""

from __future__ import annotations

import pytest

from tests.pipeline.config.conftest import WHOLE, Load, Refuse, told

VARIABLES = ", ".join(f"K{index}: v" for index in range(101))

BAD = {
    "name of a variable": (
        "evaluate: {environment: {A-B: c}}",
        """\
c.yaml:8:31: error C232 bad-variable: 'A-B' cannot be the name of an environment variable
hint: use letters, digits and _, and begin with no digit""",
    ),
    "variable that is a number": (
        "score: {environment: {WORKERS: 2}}",
        """\
c.yaml:8:32: error C103 wrong-type: WORKERS takes a text, not 2
hint: put it in quotes""",
    ),
    "long variable of a processing job": (
        f"validate: {{environment: {{A: {'v' * 257}}}}}",
        """\
c.yaml:8:29: error C232 bad-variable: the value of A has 257 characters, and 256 are the most for a \
processing job
hint: shorten it by 1 or more""",
    ),
    "long name of a variable": (
        f"train: {{environment: {{{'N' * 513}: v}}}}",
        """\
c.yaml:8:538: error C232 bad-variable: the name of NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN has 513 \
characters, and 512 are the most for a training job
hint: shorten it by 1 or more""",
    ),
    "too many variables": (
        f"score: {{environment: {{{VARIABLES}}}}}",
        """\
c.yaml:8:22: error C232 bad-variable: 101 environment variables, and 100 are the most for a model
hint: remove 1 of them""",
    ),
    "variable of the pipeline": (
        "train: {environment: {IMGPIPE_PRETRAINED_WEIGHTS: w}}",
        """\
c.yaml:8:51: error C233 reserved-variable: IMGPIPE_PRETRAINED_WEIGHTS is reserved
why:  the pipeline's own variables begin with it
hint: choose another name""",
    ),
    "variable of SageMaker": (
        "train: {environment: {SM_CHANNELS: c}}",
        """\
c.yaml:8:36: error C233 reserved-variable: SM_CHANNELS is reserved
why:  SageMaker describes the job in these
hint: choose another name""",
    ),
    "retry as keys": (
        "train: {retry: {when: capacity}}",
        """\
c.yaml:8:16: error C103 wrong-type: retry takes a list, not keys with values
hint: write - before the first of these keys: each entry of the list begins so""",
    ),
    "retry as a switch in a list": (
        "train: {retry: [true]}",
        """\
c.yaml:8:17: error C103 wrong-type: retry takes keys with values below it, not true""",
    ),
    "retry of a number": (
        "train: {retry: [3]}",
        """\
c.yaml:8:17: error C103 wrong-type: retry takes keys with values below it, not 3""",
    ),
    "retry of nothing": (
        "train: {retry: [{attempts: 3}]}",
        """\
c.yaml:8:17: error C101 missing-key: train.retry[0] lacks the key 'when'
hint: add it: Failures that it retries: capacity (AWS has no such machine free), resource_limit \
(the account runs its most), internal_error, service_fault, throttling.""",
    ),
    "retry of an empty list": (
        "train: {retry: [{when: []}]}",
        """\
c.yaml:8:24: error C104 out-of-range: when is an empty list
hint: write 1 item or more""",
    ),
    "retry of another failure": (
        "train: {retry: [{when: timeout}]}",
        """\
c.yaml:8:24: error C105 unknown-value: when is 'timeout', and can be capacity, resource_limit, \
internal_error, service_fault or throttling""",
    ),
    "retry of a job where there is none": (
        "register: {retry: [{when: capacity}]}",
        """\
c.yaml:8:27: error C105 unknown-value: when is 'capacity', and can be service_fault or throttling""",
    ),
    "retry that ends twice": (
        "train: {retry: [{when: capacity, attempts: 3, expire: 1h}]}",
        """\
c.yaml:8:55: error C234 bad-retry: attempts and expire both end the retries, and a policy takes one \
of them
hint: remove attempts or expire""",
    ),
    "retry of one failure in two policies": (
        "train: {retry: [{when: capacity}, {when: [internal_error, capacity]}]}",
        """\
c.yaml:8:42: error C234 bad-retry: capacity has a policy already: item 1 of retry
hint: name each failure once""",
    ),
    "retry for less than a minute": (
        "train: {retry: [{when: capacity, expire: 59s}]}",
        """\
c.yaml:8:42: error C234 bad-retry: expire is 59s, and a minute is the least
hint: write 1m or more""",
    ),
    "long interval": (
        "train: {retry: [{when: capacity, interval: 13h}]}",
        """\
c.yaml:8:44: error C104 out-of-range: interval is longer than 12h
hint: write 12h or less""",
    ),
    "long retries": (
        "train: {retry: [{when: capacity, expire: 11d}]}",
        """\
c.yaml:8:42: error C104 out-of-range: expire is longer than 10d
hint: write 10d or less""",
    ),
    "many attempts": (
        "train: {retry: [{when: capacity, attempts: 21}]}",
        """\
c.yaml:8:44: error C104 out-of-range: attempts is 21, and 20 is the most
hint: write 20 or less""",
    ),
    "shrinking interval": (
        "deploy: {retry: [{when: throttling, backoff: 0.5}]}",
        """\
c.yaml:8:46: error C104 out-of-range: backoff is 0.5, and 1 is the least
hint: write 1 or more""",
    ),
}


@pytest.mark.parametrize(("text", "error"), BAD.values(), ids=BAD.keys())
def test_bad_configs(refuse: Refuse, text: str, error: str) -> None:
    assert told(refuse(f"{WHOLE}{text}\n")) == error


@pytest.mark.parametrize(
    "name",
    [
        "AWS_SECRET_ACCESS_KEY", "TOKEN", "hf_token", "API_KEY", "db_password", "MY_SECRET", "PRIVATE_KEY",
        "Credential", "GIT_CREDENTIALS",
    ],
)  # fmt: skip
def test_names_of_secrets(load: Load, name: str) -> None:
    (found,) = load(WHOLE + f"evaluate: {{environment: {{{name}: x}}}}\n").warnings
    assert found.code == "C281"


@pytest.mark.parametrize("name", ["TOKENIZERS_PARALLELISM", "KEYS", "MONKEY", "PASSWORDLESS", "KEY_COUNT"])
def test_names_that_only_look_like_secrets(load: Load, name: str) -> None:
    assert load(WHOLE + f"evaluate: {{environment: {{{name}: x}}}}\n").warnings == ()
