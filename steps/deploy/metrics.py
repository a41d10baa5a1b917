"""What the server counts, for GET /metrics in Prometheus's text format.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from threading import Lock

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 2, 4, 8, 16, 32)


class Histogram:
    """How often values fell under each bound. Not safe for threads by itself.

    Args:
        bounds: Upper bounds of the buckets, included, ascending; above the last is one more bucket.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Counts a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self, name: str) -> Iterable[str]:
        """The samples, buckets cumulative."""
        bounds = [f"{bound:g}" for bound in self._bounds] + ["+Inf"]
        counts = list(accumulate(self._counts))
        for bound, count in zip(bounds, counts, strict=True):
            yield f'{name}_bucket{{le="{bound}"}} {count}'
        yield f"{name}_sum {self._sum:.9g}"
        yield f"{name}_count {counts[-1]}"


class Metrics:
    """The counts of one server. Any thread may count and read."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[int] = Counter()
        self._errors: Counter[str] = Counter()
        self._seconds = Histogram(_SECONDS)
        self._batches = Histogram(_SIZES)

    def answered(self, seconds: float) -> None:
        """Counts an invocation that got its predictions, and how long it took."""
        with self._lock:
            self._requests[200] += 1
            self._seconds.observe(seconds)

    def refused(self, status: int, code: str) -> None:
        """Counts a request that got an error."""
        with self._lock:
            self._requests[status] += 1
            self._errors[code] += 1

    def batch(self, size: int) -> None:
        """Counts a run of the model over so many images."""
        with self._lock:
            self._batches.observe(size)

    def render(self) -> str:
        """All counts."""
        with self._lock:
            lines = [
                *_head("imgpipe_requests_total", "counter", "Requests answered, by HTTP status."),
                *(f'imgpipe_requests_total{{status="{s}"}} {n}' for s, n in sorted(self._requests.items())),
                *_head("imgpipe_errors_total", "counter", "Requests answered with an error, by its code."),
                *(f'imgpipe_errors_total{{code="{c}"}} {n}' for c, n in sorted(self._errors.items())),
                *_head("imgpipe_invocation_seconds", "histogram", "From headers to predictions."),
                *self._seconds.lines("imgpipe_invocation_seconds"),
                *_head("imgpipe_batch_images", "histogram", "Images that went through the model together."),
                *self._batches.lines("imgpipe_batch_images"),
            ]
        return "\n".join(lines) + "\n"


def _head(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"
