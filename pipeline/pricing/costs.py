"""What a run of the pipeline and a month of its endpoint would cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from pipeline.pricing.price_list import Price

HOURS_A_MONTH = 730
"""A year of 365 days has 12 of them, as AWS's own calculator has it."""

NOT_INCLUDED = ("S3", "disks of jobs", "logs", "data transfer", "taxes", "discounts")


@dataclass(frozen=True)
class Machines:
    """Machines that cost something.

    Attributes:
        name: The step that asks for them.
        kind: training, processing, transform or endpoint.
        type: Instance type.
        count: How many.
        price: Of one of them.
    """

    name: str
    kind: str
    type: str
    count: int
    price: Price

    def cost(self, hours: float | None) -> Decimal | None:
        """What they cost for some hours, if that is known."""
        if hours is None or self.price.hourly is None:
            return None
        return self.price.hourly * self.count * Decimal(str(hours))

    def __str__(self) -> str:
        at = "at" if self.price.hourly is not None else "at a price that is"
        return f"{self.count} {self.type} {at} {self.price}"


@dataclass(frozen=True)
class Job:
    """A step that runs a job.

    Attributes:
        machines: What it runs on.
        hours: How long it took in the newest execution that succeeded; None if that is not known.
        limit: Hours after which it is stopped; None if there is no limit.
        spot: Whether it runs on spot machines, whose discount nobody knows before.
    """

    machines: Machines
    hours: float | None
    limit: float | None
    spot: bool

    @property
    def cost(self) -> Decimal | None:
        """What it cost then, at today's price on demand."""
        return self.machines.cost(self.hours)

    @property
    def most(self) -> Decimal | None:
        """What it costs if it takes all of its time."""
        return self.machines.cost(self.limit)

    def __str__(self) -> str:
        spot = " on demand; less on spot machines, how much is known only afterwards" if self.spot else ""
        if self.cost is None:
            return f"{self.machines.name}: {self.machines}{spot}"
        return f"{self.machines.name}: {self.hours:.2f} h on {self.machines} = {self._cost()}{spot}"

    def _cost(self) -> str:
        return money(self.cost, self.machines.price.currency)

    def to_json(self) -> dict[str, object]:
        """The job for programs."""
        return {
            **_for_programs(self.machines),
            "hours": self.hours,
            "cost": _number(self.cost),
            "at_most": _number(self.most),
            "spot": self.spot,
        }


@dataclass(frozen=True)
class Costs:
    """What it would cost.

    Attributes:
        jobs: Of a run; empty on the local SageMaker.
        endpoints: What serves the model; empty if nothing is deployed.
        execution: ARN of the execution that told how long jobs take.
        local: Whether it runs on this machine.
    """

    jobs: tuple[Job, ...] = ()
    endpoints: tuple[Machines, ...] = ()
    execution: str | None = None
    local: bool = False

    def machines(self) -> Iterator[Machines]:
        """All that costs something."""
        yield from (job.machines for job in self.jobs)
        yield from self.endpoints

    def lines(self) -> list[str]:
        """The costs for people."""
        if self.local:
            return ["costs nothing: it runs on this machine"]
        reasons = {one.price.unknown for one in self.machines()}
        if len(reasons) == 1 and None not in reasons:
            return [f"costs unknown: {reasons.pop()}"]
        return [
            f"a run: {self._run()}",
            *(f"  {job}" for job in self.jobs),
            *(f"a month of the endpoint: {_month(one)}" for one in self.endpoints),
            f"not included: {', '.join(NOT_INCLUDED)}",
        ]

    def to_json(self) -> dict[str, object]:
        """The costs for programs; what is not known is null."""
        if self.local:
            return {"local": True, "run": None, "endpoint_month": None, "not_included": []}
        run = {
            "cost": _number(_sum(job.cost for job in self.jobs)),
            "at_most": _number(self._most()),
            "at_most_without": [job.machines.name for job in self.jobs if job.most is None],
            "execution": self.execution,
            "steps": [job.to_json() for job in self.jobs],
        }
        month = [
            {**_for_programs(one), "hours": HOURS_A_MONTH, "cost": _number(one.cost(HOURS_A_MONTH))}
            for one in self.endpoints
        ]
        return {"local": False, "run": run, "endpoint_month": month, "not_included": list(NOT_INCLUDED)}

    def _run(self) -> str:
        total = _sum(job.cost for job in self.jobs)
        if total is not None and self.execution is not None:
            return (
                f"about {self._money(total)}, as long as execution {self.execution.rsplit('/', 1)[-1]} took"
            )
        return f"unknown{self._why()}{self._at_most()}"

    def _why(self) -> str:
        if any(job.machines.price.hourly is None for job in self.jobs):
            return ", as not all prices are known"
        return ", as no execution tells how long its jobs take"

    def _at_most(self) -> str:
        total = self._most()
        if total is None:
            return ""
        others = [job.machines.name for job in self.jobs if job.most is None]
        besides = f" ({', '.join(others)} not counted)" if others else ""
        return f"; at most {self._money(total)} if every step took its max_runtime{besides}"

    def _most(self) -> Decimal | None:
        """The sum of those jobs that have a limit and a known price, if there are any."""
        bounded = [job.most for job in self.jobs if job.most is not None]
        return sum(bounded, Decimal(0)) if bounded else None

    def _money(self, amount: Decimal) -> str:
        return money(
            amount, next(job.machines.price.currency for job in self.jobs if job.machines.price.currency)
        )


def money(amount: Decimal | None, currency: str) -> str:
    """An amount for people."""
    if amount is None:
        return "unknown"
    return f"{amount:,.2f} {currency}" if amount >= Decimal("0.01") else f"less than 0.01 {currency}"


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, if all of them are known."""
    total = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


def _month(one: Machines) -> str:
    cost = one.cost(HOURS_A_MONTH)
    if cost is None:
        return str(one)
    return f"{money(cost, one.price.currency)} ({HOURS_A_MONTH} h on {one})"


def _for_programs(one: Machines) -> dict[str, object]:
    return {
        "step": one.name,
        "instance_type": one.type,
        "instance_count": one.count,
        "hourly": _number(one.price.hourly),
        "currency": one.price.currency or None,
        "unknown": one.price.unknown,
    }


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else round(float(amount), 6)
