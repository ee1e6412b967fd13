"""The executions that run, and the one way in which they end."""

import contextvars
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import get_account_id, get_region, now_iso

from .scope import Scope

RUNNING = "RUNNING"

EVENT_LIMIT = 25_000
"""Events of an execution; the last one is its end."""

Details = Mapping[str, Any]


@dataclass
class Run:
    """One execution: MiniStack's record of it, and what its record can't hold."""

    execution: dict[str, Any]
    definition: str
    role_arn: str
    scope: Scope = field(default_factory=Scope)
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Guards the record: its status and its history change together."""
    account: str = field(default_factory=get_account_id)
    region: str = field(default_factory=get_region)
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """MiniStack finds account and region of a call in context variables."""
    cancel_deadline: Callable[[], None] = lambda: None

    @property
    def arn(self) -> str:
        return self.execution["executionArn"]

    def record(self, event_type: str, details: Details, previous: int) -> int | None:
        """Adds an event and returns its id; None when the execution has ended.

        Raises OverflowError when only the last event is left.
        """
        with self.lock:
            if self.execution["status"] != RUNNING:
                return None
            if len(self.execution["events"]) >= EVENT_LIMIT - 1:
                raise OverflowError(f"The execution reached the maximum number of history events ({EVENT_LIMIT}).")
            return self._append(event_type, details, previous)

    def close(self, status: str, event_type: str, details: Details, fields: Mapping[str, Any]) -> bool:
        """The end's record; False when it had ended before."""
        with self.lock:
            if self.execution["status"] != RUNNING:
                return False
            self.execution.update(status=status, stopDate=now_iso(), **fields)
            # An end that comes from outside follows no event.
            follows = 0 if status in ("ABORTED", "TIMED_OUT") else len(self.execution["events"])
            self._append(event_type, details, follows)
            return True

    def _append(self, event_type: str, details: Details, previous: int) -> int:
        events = self.execution["events"]
        number = len(events) + 1
        events.append(
            {"id": number, "previousEventId": previous, "timestamp": now_iso(), "type": event_type, **details}
        )
        return number


RUNS: dict[str, Run] = {}
"""By execution ARN; only those that run."""

ON_CHANGE: list[Callable[[Run], None]] = []
"""Called after a run has begun and after it has ended, in the order of the list."""


def begin_run(run: Run) -> None:
    RUNS[run.arn] = run
    announce(run)


def end_run(run: Run, status: str, event_type: str, details: Details, **fields: Any) -> bool:
    """Ends the execution and all that waits in it; False when it had ended before (E1)."""
    if not run.close(status, event_type, details, fields):
        return False
    run.cancel_deadline()
    run.scope.end()
    if RUNS.get(run.arn) is run:
        del RUNS[run.arn]
    announce(run)
    return True


def forget_all() -> None:
    """All executions stop without a trace, as MiniStack is reset."""
    for run in list(RUNS.values()):
        RUNS.pop(run.arn, None)
        run.cancel_deadline()
        run.scope.end()


def announce(run: Run) -> None:
    for listener in ON_CHANGE:
        listener(run)
