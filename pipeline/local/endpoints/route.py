"""Which servers of an endpoint take a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.local.endpoints.fleet import Fleet
from pipeline.local.endpoints.variant import Variant


@dataclass(frozen=True)
class Route:
    """The servers of one endpoint: those in service, and those that an update brings.

    Attributes:
        fleet: In service.
        new: Of the configuration that the endpoint moves to.
        share: The part of the requests that the new ones take, in [0, 1].
    """

    fleet: Fleet
    new: Fleet | None = None
    share: float = 0.0

    def choose(self, target: str | None, point: Callable[[], float]) -> tuple[Fleet, Variant] | None:
        """The variant that a request goes to, and the fleet that it belongs to.

        Args:
            target: The variant's name; by weight if None.
            point: Gives random numbers in [0, 1).

        Returns:
            None if there is no variant of that name.
        """
        fleets = [self.fleet]
        if self.new is not None and self.share > 0:
            fleets.insert(0 if point() < self.share else 1, self.new)
        if target is None:
            return fleets[0], fleets[0].choose(point())
        # A variant may be there before or after the update only.
        return next(
            ((fleet, variant) for fleet in fleets if (variant := fleet.find(target)) is not None), None
        )

    def names(self) -> list[str]:
        """The names of all variants that can be asked."""
        fleets = [self.fleet] if self.new is None or not self.share else [self.fleet, self.new]
        return list(dict.fromkeys(variant.name for fleet in fleets for variant in fleet.variants))
