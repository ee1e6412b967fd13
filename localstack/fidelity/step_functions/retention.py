"""Closed executions are forgotten, the oldest first.

AWS (aws-facts.md 1.2): keeps a closed execution and its history for 90 days.

Stock: keeps them for ever, in memory. Here the newest thousands stay: those that fit both limits below. A name is
free again when its execution is forgotten.
"""

import threading
from collections import deque

from ministack.services import stepfunctions as states

from fidelity.frame.behaviour import Need

from .engine.runs import ON_CHANGE, RUNNING, Run
from .run_execution import MODULE

NEEDS = (
    Need(MODULE, "_executions.pop_scoped", "account_id, region, key, *args"),
    Need(MODULE, "_executions.get_scoped", "account_id, region, key, default=None"),
)

MOST_EXECUTIONS = 2_000
MOST_CHARACTERS = 64 * 1024 * 1024
"""Of data in their histories."""

_closed: "deque[tuple[Run, int]]" = deque()
_lock = threading.Lock()
_characters = 0


def install() -> None:
    ON_CHANGE.append(keep_newest)


def keep_newest(run: Run) -> None:
    global _characters
    if run.execution["status"] == RUNNING:
        return
    size = size_of(run)
    with _lock:
        _closed.append((run, size))
        _characters += size
        while len(_closed) > MOST_EXECUTIONS or (_characters > MOST_CHARACTERS and len(_closed) > 1):
            oldest, its_size = _closed.popleft()
            _characters -= its_size
            forget(oldest)


def forget(run: Run) -> None:
    # After a reset the name may belong to another execution.
    if states._executions.get_scoped(run.account, run.region, run.arn) is run.execution:
        states._executions.pop_scoped(run.account, run.region, run.arn, None)


def size_of(run: Run) -> int:
    return sum(
        len(value)
        for event in run.execution["events"]
        for details in event.values()
        if isinstance(details, dict)
        for value in details.values()
        if isinstance(value, str)
    )
