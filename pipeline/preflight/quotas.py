"""Which machines may the account run, and how many?

Service Quotas names them such as "ml.g4dn.xlarge for training job usage".
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from pipeline.aws_errors import AWS_ERRORS, AwsError, code_of, explain
from pipeline.config.loader import Loaded
from pipeline.config.model import PipelineConfig
from pipeline.errors import Finding
from pipeline.preflight.check import Check, failed, not_needed, passed, unknown
from pipeline.session import Session
from steps.instances import preferred

_WORDS = {
    "training": "training job",
    "spot training": "spot training job",
    "processing": "processing job",
    "transform": "transform job",
    "endpoint": "endpoint",
}
"""Kind of machine → its name in a quota."""


@dataclass(frozen=True)
class Machines:
    """The machines that one section of the config asks for.

    Attributes:
        section: Such as train.
        kind: Kind of machine: training, processing, transform or endpoint.
        types: In order of preference.
        count: How many at once.
        spot: Whether AWS may take them back, which has a quota of its own.
    """

    section: str
    kind: str
    types: tuple[str, ...]
    count: int = 1
    spot: bool = False

    def quota(self, instance_type: str) -> str:
        """Name of the quota of a type."""
        kind = f"spot {self.kind}" if self.spot else self.kind
        return f"{instance_type} for {_WORDS[kind]} usage"


@dataclass(frozen=True)
class Quotas:
    """What Service Quotas said.

    Attributes:
        values: By the quota's name; only of the types in the config.
        unknown: Why it could not be asked; None if it was.
        without: (kind, instance type) of which the account may run fewer than the config asks for.
    """

    values: Mapping[str, float]
    unknown: str | None
    without: frozenset[tuple[str, str]]


def machines(config: PipelineConfig) -> tuple[Machines, ...]:
    """All machines that a config asks for, in the order of the steps."""
    validate, train = config.validation, config.train
    deploy, evaluate = config.deploy, config.evaluate
    found = [
        Machines("validate", "processing", validate.instance_type, validate.instance_count),
        Machines("train", "training", train.instance_type, train.instance_count, train.spot is not None),
        Machines("score", "transform", config.score.instance_type, config.score.instance_count),
    ]
    if evaluate.instance_type:
        found.append(Machines("evaluate", "processing", evaluate.instance_type))
    if deploy.when == "gate":
        found.append(Machines("deploy", "endpoint", deploy.instance_type, deploy.instance_count))
    return tuple(found)


def has_choice(config: PipelineConfig) -> bool:
    """Whether a quota could change the definition: a section lists several machines."""
    return any(len(one.types) > 1 for one in machines(config))


def without_quota(session: Session, config: PipelineConfig) -> Quotas:
    """The machines of a config that the account has too small a quota for. Asks once a session."""
    wanted = machines(config)
    names = frozenset(one.quota(kind) for one in wanted for kind in one.types)
    values, why = _applied(session, names)
    lacking = {
        (one.kind, kind)
        for one in wanted
        for kind in one.types
        if values.get(one.quota(kind), one.count) < one.count
    }
    return Quotas(values, why, frozenset(lacking))


def replacements(config: PipelineConfig, quotas: Quotas) -> Iterator[str]:
    """A sentence for each section whose first choice gives way to the next, or has none that is allowed."""
    for one in machines(config):
        first, chosen = preferred(one.types), choice(one, quotas)
        if chosen is None:
            yield f"{_key(one)}: {_too_small(one, quotas)}; `imgpipe doctor` says what to do"
        elif chosen != first:
            yield f"{_key(one)}: {_described(one, quotas, first)}; {chosen} is used in its place"


def quotas(session: Session, loaded: Loaded) -> Iterator[Check]:
    """The quota of each section's machine; the next of its list where that of the first is too small."""
    if session.is_local:
        yield not_needed("quotas")
        return
    found = without_quota(session, loaded.config)
    if found.unknown is not None:
        yield unknown("quotas", found.unknown)
        return
    for one in machines(loaded.config):
        yield _quota(loaded, one, found)


def choice(one: Machines, quotas: Quotas) -> str | None:
    """The machine that a definition gets; None if the quotas allow none."""
    allowed = tuple(kind for kind in one.types if (one.kind, kind) not in quotas.without)
    return preferred(allowed) if allowed else None


def _quota(loaded: Loaded, one: Machines, found: Quotas) -> Check:
    name, first, chosen = f"quota of {one.section}", preferred(one.types), choice(one, found)
    if chosen is None:
        return failed(name, _none(loaded, one, found))
    if one.quota(chosen) not in found.values:
        return unknown(name, f"Service Quotas does not list '{one.quota(chosen)}'")
    if chosen == first:
        return passed(name, _described(one, found, chosen))
    instead = f"{chosen} is used in its place, whose quota is {_number(one, found, chosen)}"
    return passed(name, f"{_described(one, found, first)}; {instead}")


def _described(one: Machines, found: Quotas, kind: str) -> str:
    return f"the quota '{one.quota(kind)}' is {_number(one, found, kind)}{_wanted(one, found, kind)}"


def _number(one: Machines, found: Quotas, kind: str) -> str:
    return f"{found.values[one.quota(kind)]:g}"


def _wanted(one: Machines, found: Quotas, kind: str) -> str:
    short = 0 < found.values[one.quota(kind)] < one.count
    return f", and instance_count is {one.count}" if short else ""


def _too_small(one: Machines, found: Quotas) -> str:
    return ", and ".join(_described(one, found, kind) for kind in one.types)


def _key(one: Machines) -> str:
    return f"{one.section}.instance_type"


def _none(loaded: Loaded, one: Machines, found: Quotas) -> Finding:
    wanted = one.quota(preferred(one.types))
    return Finding(
        "R157",
        "no-quota",
        f"the account may not run the machine of {one.section}: {_too_small(one, found)}",
        place=loaded.place(one.section, "instance_type"),
        details=(("why", "new accounts have a quota of 0 for many types, GPUs above all"),),
        hint=f"ask for more (AWS console, Service Quotas, Amazon SageMaker, '{wanted}', Request increase; it "
        f"may take days), or list another type in {_key(one)}",
    )


@functools.cache
def _applied(session: Session, names: frozenset[str]) -> tuple[Mapping[str, float], str | None]:
    """The values of these quotas, and why there are none."""
    found: dict[str, float] = {}
    try:
        pages = session.client("service-quotas").get_paginator("list_service_quotas")
        # There are more than a thousand, and no way to ask for some by name: stop when all are seen.
        for page in pages.paginate(ServiceCode="sagemaker", PaginationConfig={"PageSize": 100}):
            told = {one["QuotaName"]: one["Value"] for one in page["Quotas"]}
            found |= {name: told[name] for name in names & told.keys()}
            if len(found) == len(names):
                break
    except ClientError as error:
        denied = code_of(error) in ("AccessDeniedException", "AccessDenied")
        why = "the caller may not servicequotas:ListServiceQuotas" if denied else _why(error)
        return {}, why
    except AWS_ERRORS as error:
        return {}, _why(error)
    return found, None


def _why(error: AwsError) -> str:
    return f"Service Quotas did not answer ({explain(error).findings[0].message})"
