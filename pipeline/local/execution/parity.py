"""What docs/parity.md tells of how executions go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.language import graph
from pipeline.local.execution import caching, retrying
from pipeline.local.jobs import slots


def _names(names: Iterable[str], last: str = ", ") -> str:
    return last.join(f"`{name}`" for name in names)


_POLICY = (
    f"`IntervalSeconds` {retrying.DEFAULT.interval}, `BackoffRate` {retrying.DEFAULT.rate:g} and "
    f"`MaxAttempts` {retrying.DEFAULT.most}"
)
_RETRYABLE = _names(retrying.RETRYABLE)
_BY_DEFAULT = _names(retrying.DEFAULT.faults, " and ")
_TRIGGERS = _names(graph.TRIGGERS)

EXECUTIONS: Mapping[str, str] = {
    "`DependsOn` with `Trigger`": f"executed: {_TRIGGERS}",
    "`MaxParallelExecutionSteps`": (
        "executed. Besides, no more jobs run at once on this machine than the variable "
        f"`{slots.VARIABLE}` of the server says, by default half as many as it has cores; the others wait "
        "in the order in which they came, and `OMP_NUM_THREADS` shares the cores among those that run"
    ),
    "a reference to a property that its step does not have": (
        "refused when an execution starts, before any step runs; when AWS does so is not known"
    ),
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
    "a kill of the server": (
        "the next server goes on: what a step asks for is recorded together with what that makes, so that "
        "nothing is made twice; a step that had asked for nothing yet begins anew"
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


def cache_keys() -> Iterable[list[str]]:
    """The arguments that `CacheConfig` compares: a row a type."""
    return [
        [f"`{name}`", _names(keys) if keys else "all but `Tags`; the guide does not tell"]
        for name, keys in caching.KEYS.items()
    ]
