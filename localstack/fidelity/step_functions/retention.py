"""Closed executions are forgotten, the oldest first.

AWS (aws-facts.md 1.2): keeps a closed execution and its history for 90 days.

Stock: keeps them for ever, in memory. Here the newest thousands stay: those that fit both limits below. A name is
free again when its execution is forgotten.
"""

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from ministack.services import stepfunctions as states

from fidelity.frame.behaviour import Need

from .engine.runs import ON_CHANGE, RUNNING, Run
from .run_execution import MODULE

NEEDS = (
    Need(MODULE, "load_persisted_state", "data"),
    Need(MODULE, "_executions.all_items", ""),
    Need(MODULE, "_executions.pop_scoped", "account_id, region, key, *args"),
    Need(MODULE, "_executions.get_scoped", "account_id, region, key, default=None"),
)

MOST_EXECUTIONS = 2_000
MOST_CHARACTERS = 64 * 1024 * 1024
"""Of data in their histories."""

Key = tuple[str, str, str]
"""Account, region and ARN: MiniStack's own key."""
Execution = Mapping[str, Any]

_closed: "deque[tuple[Key, Execution, int]]" = deque()
_lock = threading.Lock()
_characters = 0


def install() -> None:
    ON_CHANGE.append(keep_if_closed)
    load = states.load_persisted_state

    def load_and_keep(data: Any) -> None:
        load(data)
        kept = [(key, execution) for key, execution in states._executions.all_items() if execution["stopDate"]]
        for key, execution in sorted(kept, key=lambda entry: entry[1]["stopDate"]):
            keep(key, execution)

    states.load_persisted_state = load_and_keep


def keep_if_closed(run: Run) -> None:
    if run.execution["status"] != RUNNING:
        keep((run.account, run.region, run.arn), run.execution)


def keep(key: Key, execution: Execution) -> None:
    """Adds a closed execution and forgets the oldest beyond the limits."""
    global _characters
    size = size_of(execution)
    with _lock:
        _closed.append((key, execution, size))
        _characters += size
        while len(_closed) > MOST_EXECUTIONS or (_characters > MOST_CHARACTERS and len(_closed) > 1):
            oldest, its_record, its_size = _closed.popleft()
            _characters -= its_size
            # After a reset or a deletion the name may belong to another execution.
            if states._executions.get_scoped(*oldest) is its_record:
                states._executions.pop_scoped(*oldest, None)


def size_of(execution: Execution) -> int:
    return sum(
        len(value)
        for event in execution["events"]
        for details in event.values()
        if isinstance(details, dict)
        for value in details.values()
        if isinstance(value, str)
    )
