"""What is measured, next to which floor, and how much of it is allowed; and how a round of it is run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median, quantiles

from tests.bench.client import Answer, Connection

Requests = Iterator[bytes]
"""Taken by several threads at once: made by itertools or map, never a generator."""


@dataclass(slots=True)
class Side:
    """One of two that are compared, and what it took: seconds by round, and answers a second on several connections."""

    port: int
    requests: Requests
    rounds: list[list[float]] = field(default_factory=list)
    a_second: float = 0.0

    @property
    def p50(self) -> float:
        """The median of the rounds' medians, in seconds."""
        return median(map(median, self.rounds))

    @property
    def p95(self) -> float:
        """The 95th percentile of all, in seconds."""
        return quantiles([seconds for times in self.rounds for seconds in times], n=20)[-1]


@dataclass(slots=True)
class Measure:
    """A comparison. `allowed`: how many times the floor's p50 the portal's may be; None where nothing is asked.

    After each request of one that writes there is a pause of `rest` seconds, in which the portal sends its mail.
    """

    name: str
    floor_name: str
    portal: Side
    floor: Side
    allowed: float | None = None
    rest: float = 0.0

    @property
    def ratio(self) -> float:
        """The median, over the rounds, of the ratio of the medians: what disturbs a round disturbs both sides."""
        pairs = zip(self.portal.rounds, self.floor.rounds, strict=True)
        return median(median(portal) / median(floor) for portal, floor in pairs)

    def run_round(self, requests: int, number: int) -> None:
        """Some requests to one side and then as many to the other; who comes first, changes."""
        for side in (self.portal, self.floor)[:: 1 if number % 2 else -1]:
            with Connection(side.port) as connection:
                side.rounds.append([self._timed(connection, side) for _ in range(requests)])

    def warm_up(self, requests: int) -> None:
        """Requests that nobody counts."""
        self.run_round(requests, 0)
        self.portal.rounds.clear()
        self.floor.rounds.clear()

    def run_loaded(self, connections: int, seconds: float) -> None:
        """Count the answers that each side gives on several connections at once."""
        for side in (self.portal, self.floor):
            deadline = time.perf_counter() + seconds
            with ThreadPoolExecutor(connections) as pool:
                counts = [pool.submit(_keep_asking, side, deadline) for _ in range(connections)]
                side.a_second = sum(count.result() for count in counts) / seconds

    def _timed(self, connection: Connection, side: Side) -> float:
        seconds = good(connection.send(next(side.requests))).seconds
        time.sleep(self.rest)
        return seconds


def _keep_asking(side: Side, deadline: float) -> int:
    answered = 0
    with Connection(side.port) as connection:
        while time.perf_counter() < deadline:
            good(connection.send(next(side.requests)))
            answered += 1
    return answered


def good(answer: Answer) -> Answer:
    """The same answer. Raises RuntimeError for a refusal: nothing is measured by refusals."""
    if answer.status not in (200, 201):
        raise RuntimeError(f"The answer was {answer.status}: {answer.body[:500]!r}")
    return answer
