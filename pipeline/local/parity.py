"""docs/parity.md, made from the tables that the local SageMaker works by.

Write it with `python -m pipeline.local.parity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.aws_model import service_model
from pipeline.language import conditions, expressions, graph, parameters
from pipeline.local.api import invocations, refused
from pipeline.local.api.operations import OPERATIONS
from pipeline.local.aws import SIGNING_NAMES
from pipeline.local.endpoints import parity as endpoints
from pipeline.local.events import parity as events
from pipeline.local.events.targets import DELIVERED_TO
from pipeline.local.execution import caching, faults, retrying
from pipeline.local.execution.steps.registry import EXECUTORS, REFUSED

PATH = Path(__file__).parents[2] / "docs" / "parity.md"

_HEAD = """# What the local SageMaker does

Made by `python -m pipeline.local.parity` from the tables that the code works by; a test fails when they
differ. What is not executed is refused by name, with the reason, before anything starts.
"""

_NO_EFFECT = {
    "PipelineExperimentConfig": "no experiment is recorded",
    "MlflowConfig": "nothing is sent to MLflow",
}

_JOB_MEMBERS = {
    "EnableManagedSpotTraining": "a job runs like any other; it is never interrupted",
    "VpcConfig, NetworkConfig, EnableNetworkIsolation, EnableInterContainerTrafficEncryption": (
        "a program reaches what this machine reaches"
    ),
    "KmsKeyId, VolumeKmsKeyId": "nothing is encrypted",
    "InstanceType, VolumeSizeInGB": "a program has this machine",
}


def page() -> str:
    """The whole page."""
    answered = sorted(OPERATIONS)
    other = sorted(set(service_model.service("sagemaker").operation_names) - set(OPERATIONS))
    sections = [
        _HEAD,
        "## Step types\n",
        _table(("type", "locally", "why"), _step_types()),
        "## The definition language\n",
        _table(("part", "supported"), _language()),
        "Read but without effect:\n",
        _table(("key", "what happens"), ([f"`{key}`", text] for key, text in _NO_EFFECT.items())),
        "## How executions go\n",
        _table(("what", "how"), _executions()),
        "The types of failure that `RetryPolicies` name, and what they mean here:\n",
        _table(("type", "when"), ([f"`{fault}`", when] for fault, when in faults.MEANINGS.items())),
        "Arguments that `CacheConfig` compares, expressions evaluated:\n",
        _table(("type", "arguments"), _cache_keys()),
        "Members of jobs, models and endpoint configurations that are kept, and without effect:\n",
        _table(
            ("member", "what happens"),
            ([_names(key.split(", ")), text] for key, text in _JOB_MEMBERS.items()),
        ),
        "## Endpoints\n",
        _table(("what", "how"), ([what, how] for what, how in endpoints.ENDPOINTS.items())),
        f"Members of a production variant without effect: {_names(endpoints.WITHOUT_EFFECT)}.\n",
        f"Of an endpoint configuration: {_names(endpoints.CONFIG_WITHOUT_EFFECT)}.\n",
        "## Events and schedules\n",
        _table(
            ("source", "events"), ([f"`{name}`", _names(kinds)] for name, kinds in events.EMITTED.items())
        ),
        _table(("what", "how"), ([what, how] for what, how in events.RULES.items())),
        _table(("target", "what happens"), ([f"`{name}`", how] for name, how in DELIVERED_TO.items())),
        "A target of another service fires too: as failed, with that reason.\n",
        _table(("schedules", "how"), ([what, how] for what, how in events.SCHEDULES.items())),
        "## Operations of SageMaker\n",
        f"Answered ({len(answered)}): {_names(answered)}.\n",
        "Of sagemaker-runtime: `InvokeEndpoint`.\n",
        "Headers of it that are refused:\n",
        _table(
            ("header", "why"),
            ([f"`X-Amzn-SageMaker-{name}`", why] for name, why in invocations.REFUSED.items()),
        ),
        "Arguments of these that are refused:\n",
        _table(("operation", "argument", "why"), _arguments(refused.ARGUMENTS)),
        f"Refused with `UnknownOperationException` ({len(other)}): {_names(other)}.\n",
        "## Other services\n",
        f"Answered by moto: {_names(SIGNING_NAMES)}. Every other service is refused by name.",
    ]
    return "\n".join(sections) + "\n"


def _step_types() -> Iterable[list[str]]:
    rows = [[f"`{name}`", "executed", ""] for name in EXECUTORS]
    return [*rows, *([f"`{name}`", "refused", why] for name, why in REFUSED.items())]


def _language() -> Iterable[list[str]]:
    return [
        ["parameter types", _names(parameters.TYPES)],
        ["functions", _names(expressions.FUNCTIONS)],
        ["execution variables", _names(f"Execution.{name}" for name in expressions.VARIABLES)],
        ["conditions", _names(conditions.TYPES)],
    ]


def _executions() -> Iterable[list[str]]:
    triggers = f"executed: {_names(graph.TRIGGERS)}"
    return [["`DependsOn` with `Trigger`", triggers], *([what, how] for what, how in _EXECUTIONS.items())]


_POLICY = (
    f"`IntervalSeconds` {retrying.DEFAULT.interval}, `BackoffRate` {retrying.DEFAULT.rate:g} and "
    f"`MaxAttempts` {retrying.DEFAULT.most}"
)
_RETRYABLE = ", ".join(f"`{name}`" for name in retrying.RETRYABLE)
_BY_DEFAULT = " and ".join(f"`{fault}`" for fault in retrying.DEFAULT.faults)

_EXECUTIONS = {
    "a step fails": (
        "what runs goes on to its end; nothing more starts, but what answers a failure by its `Trigger`. If "
        "every failure is answered, all goes on and the execution ends as `CompletedWithFailures`, else as "
        "`Failed`; nothing answers a Fail step. The status is told by AWS's SDK; that nothing else starts is "
        "a guess"
    ),
    "a step that waits for one that ended otherwise, or never runs": "never runs, and answers nothing",
    "`StopPipelineExecution`": "no step starts, whatever its `Trigger`; a wait for a retry ends",
    "`RetryPipelineExecution`": (
        "of Failed and Stopped executions: what succeeded is kept, with the branch that was chosen; the "
        "other steps run with the definition and the parameters of the start, their attempts counted anew"
    ),
    "`RetryPolicies`": (
        f"executed on {_RETRYABLE}. The first policy that names the type counts, each for itself; "
        "`ExpireAfterMin` counts from the step's start"
    ),
    "no policy names the type": (
        f"on steps of every type {_BY_DEFAULT} are tried again, with {_POLICY}: AWS does so too, but does "
        "not tell how often. Nothing else is"
    ),
    "AlgorithmError, ClientError, a bug of this server": "never tried again",
    "`CacheConfig`": (
        "executed: the newest success of the same step in the same pipeline, with caching on, whose "
        "arguments are the same, and not older than `ExpireAfter` (a year has 365 days, a month 30). Of S3 "
        "only the URIs are compared"
    ),
    "Condition steps inside branches": (
        "executed: the SageMaker guide says that they are not supported, but AWS has been seen to run them"
    ),
    "`SelectiveExecutionConfig`": "executed; steps that are not selected are not judged before the start",
}


def _cache_keys() -> Iterable[list[str]]:
    return [
        [f"`{name}`", _names(keys) if keys else "all but `Tags`; the guide does not tell"]
        for name, keys in caching.KEYS.items()
    ]


def _arguments(table: Mapping[str, Mapping[str, str]]) -> Iterable[list[str]]:
    return [
        [f"`{operation}`", f"`{argument}`", why]
        for operation, arguments in table.items()
        for argument, why in arguments.items()
    ]


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def main() -> None:
    """Write the page."""
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(page())


if __name__ == "__main__":
    main()
