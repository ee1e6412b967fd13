"""What becomes of one batch of a stream: retries, halves, age, and giving up.

docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html, …/services-kinesis-parameters.html and
…/services-kinesis-batchfailurereporting.html. Not documented, and taken strictly: a retry that got further is a retry.

Boundary: the port below; this knows neither MiniStack nor the clock.

Invariants
D1. Records of a batch are answered for in their order: those before the checkpoint are done or given up.
D2. A retry follows the back-off. Neither a split nor an invocation that did not take place (throttled) uses up a retry.
D3. A mapping that was disabled or deleted stops before its next invocation; the checkpoint stays where it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

FIRST_BACK_OFF_SECONDS = 0.2
LONGEST_BACK_OFF_SECONDS = 10.0

Event = dict
"""One of `Records`, as the function sees it."""


@dataclass(frozen=True)
class Outcome:
    """Of one invocation."""

    throttled: bool = False
    error: bool = False
    failed_from: int | None = None
    """The place in the batch of the first record that failed; 0 after an error, None when all went well."""
    executed_version: str = "$LATEST"


class Port(Protocol):
    """The mapping as it is now, and what can be done."""

    wanted: bool
    retries: float
    max_age_seconds: float
    bisects: bool

    def invoke(self, batch: Sequence[Event]) -> Outcome: ...

    def checkpoint(self, event: Event) -> None: ...

    def give_up(
        self, batch: Sequence[Event], condition: str, invocations: int, outcome: Outcome | None
    ) -> None: ...

    def age_of(self, event: Event) -> float: ...

    def wait(self, seconds: float) -> None: ...


def deliver(port: Port, batch: Sequence[Event]) -> bool:
    """Returns whether every record is answered for: not when the mapping is no more wanted."""
    waiting = [batch]
    while waiting:
        rest = deliver_undivided(port, waiting.pop(0))
        if rest is None:
            return False
        waiting[:0] = rest
    return True


def deliver_undivided(port: Port, batch: Sequence[Event]) -> list[Sequence[Event]] | None:
    """Returns what it was split into and is still to come; None when it stopped."""
    invocations = failures = 0
    outcome: Outcome | None = None
    while port.wanted:
        batch = give_up_old(port, batch, invocations, outcome)
        if not batch:
            return []
        outcome = port.invoke(batch)
        if outcome.throttled:
            port.wait(FIRST_BACK_OFF_SECONDS)
            continue
        invocations += 1
        if outcome.failed_from is None:
            port.checkpoint(batch[-1])
            return []
        if outcome.failed_from > 0:
            port.checkpoint(batch[outcome.failed_from - 1])
            batch = batch[outcome.failed_from :]
            if port.bisects:
                # "The batch is bisected at the returned sequence number": a split, not a retry.
                return [batch]
        elif outcome.error and port.bisects and len(batch) > 1:
            half = len(batch) // 2
            return [batch[:half], batch[half:]]
        failures += 1
        if failures > port.retries:
            port.give_up(batch, "RetryAttemptsExhausted", invocations, outcome)
            port.checkpoint(batch[-1])
            return []
        port.wait(min(FIRST_BACK_OFF_SECONDS * 2 ** min(failures - 1, 10), LONGEST_BACK_OFF_SECONDS))
    return None


def give_up_old(
    port: Port, batch: Sequence[Event], invocations: int, outcome: Outcome | None
) -> Sequence[Event]:
    """Returns those that are young enough."""
    old = sum(1 for event in batch if port.age_of(event) > port.max_age_seconds)
    if old:
        port.give_up(batch[:old], "RecordAgeExceeded", invocations, outcome)
        port.checkpoint(batch[old - 1])
    return batch[old:]
