from __future__ import annotations

import pytest

from pipeline.checks import limits
from pipeline.language.problem import Problem
from tests.pipeline.checks.definitions import Json, document, found_by, get, parameter, step


@pytest.mark.parametrize(
    ("definition", "problems"),
    [
        pytest.param(
            document(step("A"), parameters=tuple(parameter(f"P{n}") for n in range(201))),
            [
                Problem(
                    "D402",
                    ("Parameters",),
                    "there are 201 parameters; SageMaker takes 200 at most",
                    hint="write out those that never change",
                )
            ],
            id="too many parameters",
        ),
        pytest.param(
            document(
                step("A"),
                parameters=(
                    parameter("train_data", DefaultValue="s3://b"),
                    parameter("-"),
                    parameter("TrainData"),
                ),
            ),
            [
                Problem(
                    "D403",
                    ("Parameters", 0, "Name"),
                    "parameter 'train_data' cannot be given by an EventBridge rule",
                    hint="where a rule starts the pipeline, call it 'TrainData'",
                    why=(
                        "there, letters, digits and hyphens make a name; SageMaker and EventBridge "
                        "Scheduler take it"
                    ),
                    severity="warning",
                ),
                Problem(
                    "D403",
                    ("Parameters", 1, "Name"),
                    "parameter '-' cannot be given by an EventBridge rule",
                    hint="where a rule starts the pipeline, call it 'Name'",
                    why=(
                        "there, letters, digits and hyphens make a name; SageMaker and EventBridge "
                        "Scheduler take it"
                    ),
                    severity="warning",
                ),
            ],
            id="name that no rule takes",
        ),
        pytest.param(
            document(step("A"), parameters=(parameter("P", DefaultValue="x" * 4097),)),
            [
                Problem(
                    "D404",
                    ("Parameters", 0, "DefaultValue"),
                    ("parameter 'P': the default value has 4,097 characters; SageMaker takes 4,096 at most"),
                )
            ],
            id="long default",
        ),
        pytest.param(
            document(step("A", RetryPolicies={})),
            [Problem("D405", ("Steps", 0, "RetryPolicies"), "step 'A': RetryPolicies must be a list")],
            id="retry policies are no list",
        ),
        pytest.param(
            document(step("A", RetryPolicies=["x"])),
            [
                Problem(
                    "D405",
                    ("Steps", 0, "RetryPolicies", 0),
                    "step 'A': a retry policy must be an object, not \"x\"",
                )
            ],
            id="retry policy is no object",
        ),
        pytest.param(
            document(
                step("A", RetryPolicies=[{"ExceptionType": ["SageMaker.CAPACITY_EROR", "Step.THROTTLING"]}])
            ),
            [
                Problem(
                    "D405",
                    ("Steps", 0, "RetryPolicies", 0, "ExceptionType", 0),
                    "step 'A': a retry policy cannot answer \"SageMaker.CAPACITY_EROR\"",
                    hint="did you mean 'SageMaker.CAPACITY_ERROR'?",
                )
            ],
            id="exception types",
        ),
        pytest.param(
            document(step("A", RetryPolicies=[{"MaxAttempts": 3}])),
            [
                Problem(
                    "D405",
                    ("Steps", 0, "RetryPolicies", 0),
                    "step 'A': a retry policy needs ExceptionType, a list of what it answers",
                    hint=(
                        "there are Step.SERVICE_FAULT, Step.THROTTLING, SageMaker.JOB_INTERNAL_ERROR, "
                        "SageMaker.CAPACITY_ERROR, SageMaker.RESOURCE_LIMIT"
                    ),
                )
            ],
            id="no exception types",
        ),
        pytest.param(
            document(step("A", RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"], "MaxAttempt": 3}])),
            [
                Problem(
                    "D405",
                    ("Steps", 0, "RetryPolicies", 0, "MaxAttempt"),
                    "step 'A': 'MaxAttempt' is not a key of a retry policy",
                    hint="did you mean 'MaxAttempts'?",
                    at_key=True,
                )
            ],
            id="key of a retry policy",
        ),
        pytest.param(
            document(
                step(
                    "A",
                    RetryPolicies=[
                        {"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 3, "ExpireAfterMin": 10}
                    ],
                )
            ),
            [
                Problem(
                    "D405",
                    ("Steps", 0, "RetryPolicies", 0),
                    "step 'A': a retry policy takes MaxAttempts or ExpireAfterMin, not both",
                    hint="keep the one that you mean",
                )
            ],
            id="both ends",
        ),
        pytest.param(
            document(
                step(
                    "A",
                    RetryPolicies=[
                        {
                            "ExceptionType": ["Step.THROTTLING"],
                            "MaxAttempts": 21,
                            "IntervalSeconds": 43201,
                            "BackoffRate": -1,
                        }
                    ],
                )
            ),
            [
                Problem(
                    "D405",
                    ("Steps", 0, "RetryPolicies", 0, "IntervalSeconds"),
                    "step 'A': IntervalSeconds must be a whole number from 0 to 43,200, not 43201",
                ),
                Problem(
                    "D405",
                    ("Steps", 0, "RetryPolicies", 0, "BackoffRate"),
                    "step 'A': BackoffRate must be a number that is not negative, not -1",
                ),
                Problem(
                    "D405",
                    ("Steps", 0, "RetryPolicies", 0, "MaxAttempts"),
                    "step 'A': MaxAttempts must be a whole number from 1 to 20, not 21",
                ),
            ],
            id="numbers of a retry policy",
        ),
        pytest.param(
            document(step("A", RetryPolicies=[{"ExceptionType": "Step.THROTTLING", "ExpireAfterMin": "10"}])),
            [
                Problem(
                    "D405",
                    ("Steps", 0, "RetryPolicies", 0, "ExpireAfterMin"),
                    "step 'A': ExpireAfterMin must be a whole number from 1 to 14,400, not \"10\"",
                )
            ],
            id="attempts in quotes",
        ),
        pytest.param(
            document(step("A", CacheConfig=True)),
            [
                Problem(
                    "D406", ("Steps", 0, "CacheConfig"), "step 'A': CacheConfig must be an object, not true"
                )
            ],
            id="cache is no object",
        ),
        pytest.param(
            document(step("A", CacheConfig={"Enable": True})),
            [
                Problem(
                    "D406",
                    ("Steps", 0, "CacheConfig", "Enable"),
                    "step 'A': 'Enable' is not a key of CacheConfig",
                    hint="did you mean 'Enabled'?",
                    at_key=True,
                )
            ],
            id="key of a cache",
        ),
        pytest.param(
            document(step("A", CacheConfig={"Enabled": "true", "ExpireAfter": "P30D"})),
            [
                Problem(
                    "D406",
                    ("Steps", 0, "CacheConfig", "Enabled"),
                    "step 'A': Enabled must be true or false, not \"true\"",
                )
            ],
            id="enabled in quotes",
        ),
        pytest.param(
            document(step("A", CacheConfig={"Enabled": True})),
            [
                Problem(
                    "D406",
                    ("Steps", 0, "CacheConfig"),
                    "step 'A': CacheConfig needs ExpireAfter: how old a result may be",
                    hint='such as "P30D"',
                )
            ],
            id="never expires",
        ),
        pytest.param(
            document(step("A", CacheConfig={"Enabled": True, "ExpireAfter": "30 days"})),
            [
                Problem(
                    "D406",
                    ("Steps", 0, "CacheConfig", "ExpireAfter"),
                    "step 'A': ExpireAfter must be an ISO 8601 duration, not \"30 days\"",
                    hint='such as "P30D" or "PT12H"',
                )
            ],
            id="duration",
        ),
        pytest.param(
            document(step("A", CacheConfig={"Enabled": True, "ExpireAfter": 30})),
            [
                Problem(
                    "D406",
                    ("Steps", 0, "CacheConfig", "ExpireAfter"),
                    "step 'A': ExpireAfter must be an ISO 8601 duration, not 30",
                    hint='such as "P30D" or "PT12H"',
                )
            ],
            id="duration is a number",
        ),
    ],
)
def test_what_is_too_much(definition: Json, problems: list[Problem]) -> None:
    assert found_by(limits.problems, definition) == problems


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param(
            document(
                step(
                    "A",
                    RetryPolicies=[
                        {
                            "ExceptionType": ["SageMaker.CAPACITY_ERROR"],
                            "IntervalSeconds": 3600,
                            "BackoffRate": 1.5,
                            "ExpireAfterMin": 14400,
                        }
                    ],
                    CacheConfig={"Enabled": False},
                ),
                parameters=(parameter("Train-Data1", DefaultValue="x" * 4096),),
            ),
            id="everything",
        ),
        pytest.param(document(step("A", CacheConfig={"Enabled": True, "ExpireAfter": "P30D"})), id="P30D"),
        pytest.param(document(step("A", CacheConfig={"Enabled": True, "ExpireAfter": "PT12H"})), id="PT12H"),
        pytest.param(
            document(step("A", CacheConfig={"Enabled": True, "ExpireAfter": "P1Y2M3W4DT5H6M7S"})),
            id="P1Y2M3W4DT5H6M7S",
        ),
        pytest.param(document(step("A", CacheConfig={"Enabled": True, "ExpireAfter": "p30d"})), id="p30d"),
        pytest.param(document(step("A", CacheConfig={"Enabled": True, "ExpireAfter": "30d"})), id="30d"),
        pytest.param(document(step("A", CacheConfig={"Enabled": True, "ExpireAfter": "T12H"})), id="T12H"),
    ],
)
def test_what_is_within_the_limits(definition: Json) -> None:
    assert found_by(limits.problems, definition) == []


def test_a_value_that_is_too_long() -> None:
    definition = document(step("A"), parameters=(parameter("P", DefaultValue="y" * 2000),))
    assert found_by(limits.problems, definition) == []
    assert found_by(limits.problems, definition, {"P": "x" * 1025}) == [
        Problem(
            "D404",
            ("Parameters", 0),
            "parameter 'P': the value has 1,025 characters; SageMaker takes 1,024 at most",
        )
    ]


def test_a_definition_that_is_too_long() -> None:
    assert list(limits.of_text("x" * limits.MOST_CHARACTERS)) == []
    assert [problem.message for problem in limits.of_text("x" * (limits.MOST_CHARACTERS + 1))] == [
        "the definition has 1,048,577 characters; SageMaker takes 1,048,576 at most"
    ]


@pytest.mark.parametrize(
    ("arguments", "path", "message", "hint"),
    [
        pytest.param(
            {"IterableItems": ["a"] * 101, "MaxConcurrency": 2},
            "IterableItems",
            "step 'F': IterableItems has 101 items, and 100 are the most",
            "use two ForEach steps",
            id="items",
        ),
        pytest.param(
            {"IterableItems": ["a"], "MaxConcurrency": 51},
            "MaxConcurrency",
            "step 'F': MaxConcurrency must be a whole number from 1 to 50, not 51",
            None,
            id="at once",
        ),
        pytest.param(
            {"IterableItems": get("Parameters.Items"), "MaxConcurrency": "2"},
            "MaxConcurrency",
            "step 'F': MaxConcurrency must be a whole number from 1 to 50, not \"2\"",
            None,
            id="text",
        ),
    ],
)
def test_loops_that_are_too_large(arguments: Json, path: str, message: str, hint: str | None) -> None:
    loop = step("F", "ForEach", {**arguments, "ForEachBody": []})
    (found,) = found_by(limits.problems, document(loop))
    assert found == Problem(
        "D407", ("Steps", 0, "Arguments", path), message, hint, "ForEachStep of the SageMaker SDK refuses it"
    )


def test_a_loop_of_the_largest_size() -> None:
    loop = {"IterableItems": ["a"] * 100, "MaxConcurrency": 50, "ForEachBody": []}
    assert found_by(limits.problems, document(step("F", "ForEach", loop))) == []
