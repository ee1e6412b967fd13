"""Every change of an execution's status is an event on the default bus.

AWS (Developer Guide, "Automating Step Functions event delivery with EventBridge"; aws-facts.md 1.7): source
aws.states, detail type "Step Functions Execution Status Change", for RUNNING and each of the four ends. Input and
output above 248 KiB are left out. Best effort.

Stock: no TIMED_OUT; delivers within StartExecution, before it answers.
"""

import json
import logging
import queue
import threading
from datetime import datetime
from typing import Any

from ministack.services import eventbridge
from ministack.services import stepfunctions as states

from fidelity.frame.behaviour import Need

from .engine.runs import ON_CHANGE, RUNNING, Run
from .run_execution import MODULE

NEEDS = (
    Need(MODULE, "_emit_execution_status_event", "execution"),
    Need("ministack.services.eventbridge", "_put_events", "data, allow_aws_source=False"),
)

PAYLOAD_LIMIT = 248 * 1024
REDRIVABLE = ("FAILED", "ABORTED", "TIMED_OUT")

logger = logging.getLogger("states")
_outbox: "queue.SimpleQueue[tuple[Run, dict[str, Any]]]" = queue.SimpleQueue()


def install() -> None:
    ON_CHANGE.append(enqueue)
    threading.Thread(target=publish_all, name="execution-status-events", daemon=True).start()


def enqueue(run: Run) -> None:
    # StartSyncExecution is for Express workflows, which have no such events.
    if not run.execution.get("sync"):
        _outbox.put((run, detail_of(run.execution)))


def publish_all() -> None:
    """One after the other, so that events of an execution keep their order."""
    while True:
        run, detail = _outbox.get()
        try:
            run.context.copy().run(publish, detail)
        except Exception:
            logger.exception("no status event for %s", run.arn)


def publish(detail: dict[str, Any]) -> None:
    entry = {
        "Source": "aws.states",
        "DetailType": "Step Functions Execution Status Change",
        "Detail": json.dumps(detail),
        "Resources": [detail["executionArn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def detail_of(execution: dict[str, Any]) -> dict[str, Any]:
    status = execution["status"]
    redrivable = status in REDRIVABLE
    return {
        **{name: execution[name] for name in ("executionArn", "stateMachineArn", "name", "status")},
        "startDate": epoch_ms(execution["startDate"]),
        "stopDate": epoch_ms(execution["stopDate"]),
        **payload("input", execution["input"]),
        **payload("output", execution["output"]),
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "REDRIVABLE" if redrivable else "NOT_REDRIVABLE",
        "redriveStatusReason": None if redrivable else f"Execution is {status} and cannot be redriven",
        "error": execution.get("error"),
        "cause": execution.get("cause"),
    }


def payload(name: str, text: str | None) -> dict[str, Any]:
    if text is None:
        return {name: None, f"{name}Details": None}
    included = len(json.dumps(text)) <= PAYLOAD_LIMIT
    return {name: text if included else None, f"{name}Details": {"included": included}}


def epoch_ms(time: str | None) -> int | None:
    return None if time is None else round(datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() * 1000)
