from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from pipeline.preflight.quotas import Machines, has_choice, machines, quotas, replacements, without_quota
from pipeline.session import Session
from tests.pipeline.preflight.conftest import STS, Load
from tests.pipeline.preflight.telling import told
from tests.pipeline.stubs import client_error, stub_session

CHOICE = """\
train: {instance_type: [ml.p2.xlarge, ml.g4dn.xlarge, ml.g5.xlarge]}
deploy: {when: gate, instance_type: [ml.m5.xlarge, ml.m5.large]}
"""
ENOUGH = {
    "ml.m5.large for processing job usage": 4,
    "ml.m5.xlarge for transform job usage": 2,
    "ml.m5.xlarge for endpoint usage": 4,
    "ml.m5.large for endpoint usage": 4,
    "ml.p2.xlarge for training job usage": 0,
    "ml.g4dn.xlarge for training job usage": 1,
    "ml.g5.xlarge for training job usage": 1,
}


def answering(answer: Any) -> Session:
    if isinstance(answer, dict):
        answer = {"Quotas": [{"QuotaName": name, "Value": float(value)} for name, value in answer.items()]}
    return stub_session(local=False, sts=STS, service_quotas={"list_service_quotas": answer})


def test_the_machines_of_a_config(load: Load) -> None:
    text = (
        "train: {instance_type: ml.g5.xlarge, instance_count: 2, spot: {}}\n"
        "evaluate: {instance_type: ml.m5.2xlarge}\n"
        "deploy: {when: gate, instance_type: ml.m5.large, instance_count: 3}\n"
    )
    assert machines(load(text).config) == (
        Machines("validate", "processing", ("ml.m5.large",)),
        Machines("train", "training", ("ml.g5.xlarge",), 2, spot=True),
        Machines("score", "transform", ("ml.m5.xlarge",)),
        Machines("evaluate", "processing", ("ml.m5.2xlarge",)),
        Machines("deploy", "endpoint", ("ml.m5.large",), 3),
    )
    assert [one.section for one in machines(load().config)] == ["validate", "train", "score"]


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        (Machines("train", "training", ()), "ml.g5.xlarge for training job usage"),
        (Machines("train", "training", (), spot=True), "ml.g5.xlarge for spot training job usage"),
        (Machines("validate", "processing", ()), "ml.g5.xlarge for processing job usage"),
        (Machines("score", "transform", ()), "ml.g5.xlarge for transform job usage"),
        (Machines("deploy", "endpoint", ()), "ml.g5.xlarge for endpoint usage"),
    ],
)
def test_names_of_quotas(machine: Machines, name: str) -> None:
    assert machine.quota("ml.g5.xlarge") == name


@pytest.mark.parametrize(
    ("text", "choice"), [("", True), ("train: {instance_type: ml.g5.xlarge}\n", False), (CHOICE, True)]
)
def test_has_choice(text: str, choice: bool, load: Load) -> None:
    assert has_choice(load(text).config) is choice


def test_enough(load: Load) -> None:
    session, loaded = answering(ENOUGH), load(CHOICE)
    assert without_quota(session, loaded.config).without == {("training", "ml.p2.xlarge")}
    assert told(quotas(session, loaded)) == [
        "quota of validate: passed: the quota 'ml.m5.large for processing job usage' is 4",
        "quota of train: passed: the quota 'ml.g4dn.xlarge for training job usage' is 1",
        "quota of score: passed: the quota 'ml.m5.xlarge for transform job usage' is 2",
        "quota of deploy: passed: the quota 'ml.m5.xlarge for endpoint usage' is 4",
    ]
    assert list(replacements(loaded.config, without_quota(session, loaded.config))) == []


def test_the_next_of_the_list_takes_the_place(load: Load) -> None:
    session = answering({**ENOUGH, "ml.g4dn.xlarge for training job usage": 0})
    loaded = load(CHOICE)
    found = without_quota(session, loaded.config)
    assert found.without == {("training", "ml.p2.xlarge"), ("training", "ml.g4dn.xlarge")}
    assert told(quotas(session, loaded))[1] == (
        "quota of train: passed: the quota 'ml.g4dn.xlarge for training job usage' is 0; ml.g5.xlarge is "
        "used "
        "in its place, whose quota is 1"
    )
    assert list(replacements(loaded.config, found)) == [
        (
            "train.instance_type: the quota 'ml.g4dn.xlarge for training job usage' is 0; ml.g5.xlarge "
            "is used in "
            "its place"
        )
    ]


def test_none_of_the_list(load: Load) -> None:
    lacking = dict.fromkeys((name for name in ENOUGH if "training" in name), 0)
    session, loaded = answering({**ENOUGH, **lacking}), load(CHOICE)
    small = (
        "the quota 'ml.p2.xlarge for training job usage' is 0, and the quota 'ml.g4dn.xlarge for "
        "training job "
        "usage' is 0, and the quota 'ml.g5.xlarge for training job usage' is 0"
    )
    assert told(quotas(session, loaded))[1:3] == [
        f"quota of train: failed: the account may not run the machine of train: {small}",
        (
            f"c.yaml:7:24: error R157 no-quota: the account may not run the machine of train: {small}\n"
            "  why:  new accounts have a quota of 0 for many types, GPUs above all\n"
            "  hint: ask for more (AWS console, Service Quotas, Amazon SageMaker, 'ml.g4dn.xlarge for "
            "training job "
            "usage', Request increase; it may take days), or list another type in train.instance_type"
        ),
    ]
    assert list(replacements(loaded.config, without_quota(session, loaded.config))) == [
        f"train.instance_type: {small}; `imgpipe doctor` says what to do"
    ]


def test_fewer_than_asked_for(load: Load) -> None:
    session = answering({**ENOUGH, "ml.g5.xlarge for training job usage": 1})
    loaded = load("train: {instance_type: ml.g5.xlarge, instance_count: 2}\n")
    assert told(quotas(session, loaded))[1] == (
        "quota of train: failed: the account may not run the machine of train: the quota 'ml.g5.xlarge for "
        "training job usage' is 1, and instance_count is 2"
    )


def test_spot_machines_have_a_quota_of_their_own(load: Load) -> None:
    session = answering({**ENOUGH, "ml.g5.xlarge for spot training job usage": 0})
    loaded = load("train: {instance_type: ml.g5.xlarge, spot: {}}\n")
    assert without_quota(session, loaded.config).without == {("training", "ml.g5.xlarge")}


def test_a_quota_that_is_not_listed(load: Load) -> None:
    session, loaded = answering({}), load()
    assert without_quota(session, loaded.config).without == frozenset()
    assert told(quotas(session, loaded))[0] == (
        "quota of validate: unknown: could not be checked: Service Quotas does not list 'ml.m5.large for "
        "processing job usage'"
    )


@pytest.mark.parametrize(
    ("error", "why"),
    [
        pytest.param(
            client_error("AccessDeniedException", "not authorized"),
            "the caller may not servicequotas:ListServiceQuotas",
            id="denied",
        ),
        pytest.param(
            EndpointConnectionError(endpoint_url="https://servicequotas"),
            'Service Quotas did not answer (Could not connect to the endpoint URL: "https://servicequotas")',
            id="offline",
        ),
    ],
)
def test_it_cannot_be_asked(error: Exception, why: str, load: Load) -> None:
    session, loaded = answering(error), load(CHOICE)
    assert without_quota(session, loaded.config).unknown == why
    assert told(quotas(session, loaded)) == [f"quotas: unknown: could not be checked: {why}"]
    assert list(replacements(loaded.config, without_quota(session, loaded.config))) == []


def test_it_is_asked_once_and_no_further_than_needed(load: Load) -> None:
    asked = []

    class Client:
        def get_paginator(self, _: str) -> Client:
            return self

        def paginate(self, **_: Any) -> Any:
            for names in ({"other": 1}, ENOUGH, {"never": 1}):
                asked.append(len(names))
                yield {"Quotas": [{"QuotaName": name, "Value": value} for name, value in names.items()]}

    class Counting(Session):
        def client(self, service: str) -> Any:
            return Client()

        __hash__ = Session.__hash__

    session, config = Counting(stub_session().boto), load(CHOICE).config
    assert without_quota(session, config) == without_quota(session, config)
    assert asked == [1, len(ENOUGH)]


def test_the_local_sagemaker_has_none(load: Load) -> None:
    assert told(quotas(stub_session(), load())) == ["quotas: not needed: not needed on the local SageMaker"]
