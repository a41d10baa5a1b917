"""Which records may go.

Never what runs, the registry, endpoints and what they serve, pipelines and their versions.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.local import arns
from pipeline.local.events.firing import FIRING, PENDING
from pipeline.local.execution.archive import KIND as DEFINITION
from pipeline.local.execution.caching import RESULT
from pipeline.local.execution.execution import EXECUTION
from pipeline.local.execution.run import STEP
from pipeline.local.gc.policy import Policy
from pipeline.local.records import Record, Records

JOBS = ("ProcessingJob", "TrainingJob", "TransformJob")
_MADE = (*JOBS, "Model", "EndpointConfig")
_RUNNING = ("Executing", "Stopping", "InProgress")
# Named `<pipeline>/<token>` with the ARN inside, and `<pipeline>/<execution id>/<token>`.
_TOKENS = ("StartToken", "RetryToken")

Names = dict[str, dict[str, Record]]
"""Records by kind and name."""


@dataclass(frozen=True)
class Plan:
    """The records that may go.

    Attributes:
        going: By kind and name.
        kept: The texts of all records that stay and may name S3 objects, one after the other; empty if no
            objects are to go.
    """

    going: Names
    kept: str = field(repr=False)

    def names(self, kind: str) -> set[str]:
        """The names of a kind that may go."""
        return set(self.going.get(kind, ()))

    @property
    def executions(self) -> Mapping[str, Record]:
        """The executions that may go, by name."""
        return self.going.get(EXECUTION, {})

    @property
    def execution_ids(self) -> set[str]:
        """Ids of the executions that may go."""
        return {name.partition("/")[2] for name in self.names(EXECUTION)}

    def pairs(self) -> list[tuple[str, str]]:
        """Kind and name of each record."""
        return [(kind, name) for kind, names in self.going.items() for name in names]

    def size(self, kind: str) -> int:
        """Bytes that the records of a kind take."""
        return sum(len(json.dumps(record)) for record in self.going.get(kind, {}).values())


def plan(records: Records, policy: Policy, now: float) -> Plan:
    """Choose the records that may go.

    Args:
        records: The record store.
        policy: What shall be kept.
        now: Seconds since the epoch.
    """
    kinds = (EXECUTION, STEP, RESULT, DEFINITION, FIRING, "Endpoint", "Pipeline", "Tags", *_TOKENS, *_MADE)
    all_: Names = {kind: dict(records.items(kind)) for kind in kinds}
    going: Names = defaultdict(dict)
    going[EXECUTION] = _executions(all_[EXECUTION], policy, now)
    of_them = going[EXECUTION].keys()
    going[STEP] = {name: step for name, step in all_[STEP].items() if name.rpartition("/")[0] in of_them}
    arns_gone = {record["PipelineExecutionArn"] for record in going[EXECUTION].values()}
    going[RESULT] = {
        name: each for name, each in all_[RESULT].items() if each["SourcePipelineExecutionArn"] in arns_gone
    }
    for kind, name, record in _tokens(all_, going[EXECUTION], arns_gone):
        going[kind][name] = record
    _made(all_, going)
    if policy.executions is None:
        _old(all_, going, policy.oldest(now))
    _unused(all_, going)
    return Plan(dict(going), "\n".join(_texts(records, all_, going)) if policy.outputs else "")


def _texts(records: Records, all_: Names, going: Names) -> Iterator[str]:
    packages = {kind: dict(records.items(kind)) for kind in ("ModelPackage", "ModelPackageGroup")}
    for kind, named in {**all_, **packages}.items():
        if kind not in (FIRING, DEFINITION):
            for name, record in named.items():
                if name not in going.get(kind, ()):
                    yield json.dumps(record)


def _executions(executions: dict[str, Record], policy: Policy, now: float) -> dict[str, Record]:
    ended = {
        name: record
        for name, record in executions.items()
        if record["PipelineExecutionStatus"] not in _RUNNING
    }
    if policy.executions is None:
        oldest = policy.oldest(now)
        return {name: record for name, record in ended.items() if record["LastModifiedTime"] < oldest}
    by_pipeline: dict[str, list[str]] = defaultdict(list)
    # The store's order is that of their starts.
    for name in reversed(executions):
        by_pipeline[name.partition("/")[0]].append(name)
    late = {name for names in by_pipeline.values() for name in names[: policy.executions]}
    return {name: record for name, record in ended.items() if name not in late}


def _tokens(
    all_: Names, executions: Mapping[str, Record], gone: set[str]
) -> Iterator[tuple[str, str, Record]]:
    for kind in _TOKENS:
        for name, record in all_[kind].items():
            if record.get("PipelineExecutionArn") in gone or name.rpartition("/")[0] in executions:
                yield kind, name, record


def _made(all_: Names, going: Names) -> None:
    """Add what the steps made that go, unless another step names it."""
    gone = _references(going[STEP].values())
    kept = _references(step for name, step in all_[STEP].items() if name not in going[STEP])
    kept |= _references(each for name, each in all_[RESULT].items() if name not in going[RESULT])
    for arn in gone - kept:
        if (found := arns.parse(arn)) and found[0] in _MADE and found[1] in all_[found[0]]:
            kind, name = found
            record = all_[kind][name]
            if record.get(f"{kind}Status") not in _RUNNING:
                going[kind][name] = record


def _references(records: Iterable[Record]) -> set[str]:
    return {
        value["Arn"]
        for record in records
        for value in (record.get("Metadata") or {}).values()
        if isinstance(value, dict) and "Arn" in value
    }


def _old(all_: Names, going: Names, oldest: float) -> None:
    """Add old jobs of no execution, and old firings."""
    kept = _references(step for name, step in all_[STEP].items() if name not in going[STEP])
    for kind in JOBS:
        for name, record in all_[kind].items():
            is_old = record[f"{kind}Status"] not in _RUNNING and _ended(record) < oldest
            if is_old and record[f"{kind}Arn"] not in kept:
                going[kind][name] = record
    for name, record in all_[FIRING].items():
        if record["Status"] != PENDING and record["CreationTime"] < oldest:
            going[FIRING][name] = record


def _ended(record: Record) -> float:
    ends = ("TrainingEndTime", "ProcessingEndTime", "TransformEndTime", "LastModifiedTime", "CreationTime")
    return float(next((record[end] for end in ends if end in record), 0.0))


def _unused(all_: Names, going: Names) -> None:
    """Take back what is in use, and add definitions and tags that nothing uses any more."""
    endpoints = json.dumps(list(all_["Endpoint"].values()))
    for name in list(going["EndpointConfig"]):
        if f'"{name}"' in endpoints:
            del going["EndpointConfig"][name]
    users = endpoints + "".join(
        json.dumps(record)
        for kind in ("EndpointConfig", "TransformJob")
        for name, record in all_[kind].items()
        if name not in going[kind]
    )
    # An endpoint whose configuration was deleted says no more what it serves.
    unknown = any(
        endpoint["EndpointConfigName"] not in all_["EndpointConfig"] for endpoint in all_["Endpoint"].values()
    )
    for name in list(going["Model"]):
        if unknown or f'"{name}"' in users:
            del going["Model"][name]
    used = "".join(
        json.dumps(record)
        for kind in ("Pipeline", EXECUTION)
        for name, record in all_[kind].items()
        if name not in going[kind]
    )
    going[DEFINITION] = {key: record for key, record in all_[DEFINITION].items() if key not in used}
    gone = {
        record.get(f"{kind}Arn") for kind in (*_MADE, EXECUTION) for record in going.get(kind, {}).values()
    }
    going["Tags"] = {arn: record for arn, record in all_["Tags"].items() if arn in gone}
