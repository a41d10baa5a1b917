"""docs/parity.md, made from the tables that the local SageMaker works by.

Write it with `python -m pipeline.local.parity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.aws_model import service_model
from pipeline.language import conditions, expressions, parameters
from pipeline.local import simulation
from pipeline.local.api import invocations, refused, search
from pipeline.local.api.operations import OPERATIONS
from pipeline.local.aws import SIGNING_NAMES
from pipeline.local.endpoints import parity as endpoints
from pipeline.local.events import parity as events
from pipeline.local.events.targets import DELIVERED_TO
from pipeline.local.execution import faults
from pipeline.local.execution import parity as executions
from pipeline.local.execution.steps.registry import EXECUTORS, REFUSED
from pipeline.local.gc import parity as growth
from pipeline.local.jobs import parity as jobs
from pipeline.local.jobs.support import REFUSED as REFUSED_VALUES

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
    "KeepAlivePeriodInSeconds": "there are no warm pools: a job's processes end with it",
    "RetryStrategy, DebugHookConfig, ProfilerConfig, TensorBoardOutputConfig": "nothing reads them",
}


def page() -> str:
    """The whole page."""
    sections = [
        _HEAD,
        "## Step types\n",
        _table(("type", "locally", "why"), _step_types()),
        "## The definition language\n",
        _table(("part", "supported"), _language()),
        "Read but without effect:\n",
        _table(("key", "what happens"), ([f"`{key}`", text] for key, text in _NO_EFFECT.items())),
        "## How executions go\n",
        _table(("what", "how"), ([what, how] for what, how in executions.EXECUTIONS.items())),
        "The types of failure that `RetryPolicies` name, and what they mean here:\n",
        _table(("type", "when"), ([f"`{fault}`", when] for fault, when in faults.MEANINGS.items())),
        "Arguments that `CacheConfig` compares, expressions evaluated:\n",
        _table(("type", "arguments"), executions.cache_keys()),
        "## Jobs\n",
        "Images by the repositories of their URIs; others are refused, also where packages are missing:\n",
        _table(("image", "runs", "needs"), jobs.images()),
        _table(("what", "how"), ([what, how] for what, how in jobs.JOBS.items())),
        "Values that are refused:\n",
        _table(
            ("of", "member", "value", "why"),
            ([each.where, f"`{each.member}`", _names(each.values), each.why] for each in REFUSED_VALUES),
        ),
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
        "## Growth\n",
        _table(("what", "how"), ([what, how] for what, how in growth.GROWTH.items())),
        *_operations(),
    ]
    return "\n".join(sections) + "\n"


def _operations() -> Iterable[str]:
    answered = sorted(OPERATIONS)
    other = sorted(set(service_model.service("sagemaker").operation_names) - set(OPERATIONS))
    return (
        "## Operations of SageMaker\n",
        f"Answered ({len(answered)}): {_names(answered)}.\n",
        f"`Search` finds {_names(search.RESOURCES)}.\n",
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
        f"Answered by moto: {_names(SIGNING_NAMES)}. Every other service is refused by name.\n",
        simulation.ADDED,
    )


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
