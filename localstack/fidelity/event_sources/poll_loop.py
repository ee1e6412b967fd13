"""The poller of the queues acts when something is due, and waits for no function.

AWS: a message is there for a mapping as soon as its delay or visibility timeout ends.
Stock: a message whose time has come is seen up to a second later, and everything waits while a function works on the
stream of a table.
"""

import logging
import threading
import time
from collections.abc import Callable

from ministack.core.concurrency import esm_wake
from ministack.core.responses import request_scope
from ministack.services import lambda_svc as functions
from ministack.services import sqs

from fidelity.frame.behaviour import Need

from .mapping import SQS, all_mappings

MODULE = "ministack.services.lambda_svc"
NEEDS = (
    Need(MODULE, "_poll_loop", parameters=""),
    Need(MODULE, "_poll_sqs", parameters=""),
    Need(MODULE, "_poll_kinesis", parameters=""),
    Need(MODULE, "_poll_dynamodb_streams", parameters=""),
    Need("ministack.services.sqs", "_queue_by_arn", parameters="arn"),
    Need("ministack.core.concurrency", "esm_wake.set", parameters=""),
)

IDLE_SECONDS = 1.0
GAP_SECONDS = 0.005
"""Between two looks that find nothing, however often they are asked for."""

logger = logging.getLogger("fidelity.event_sources")


def install() -> None:
    functions._poll_loop = poll


def poll() -> None:
    looked = threading.Event()
    threading.Thread(target=poll_tables, args=(looked,), name="table-streams", daemon=True).start()
    while True:
        esm_wake.clear()
        took = guarded(functions._poll_sqs)
        guarded(functions._poll_kinesis)
        looked.set()
        if not took:
            esm_wake.wait(seconds_until_due())
            time.sleep(GAP_SECONDS)


def poll_tables(look: threading.Event) -> None:
    while True:
        look.wait()
        look.clear()
        while guarded(functions._poll_dynamodb_streams):
            pass


def guarded(poll_once: Callable[[], bool]) -> bool:
    try:
        return poll_once()
    except Exception:
        logger.exception("%s", poll_once.__name__)
        return False


def seconds_until_due() -> float:
    """Until the next hidden message of a queue with a mapping is to be seen; at most the idle time."""
    now = time.time()
    soonest = now + IDLE_SECONDS
    for mapping in all_mappings(SQS):
        if mapping.enabled:
            with request_scope(mapping.account, mapping.region):
                queue = sqs._queue_by_arn(mapping.source) or {"messages": ()}
            due = (message["visible_at"] for message in list(queue["messages"]) if message["visible_at"] > now)
            soonest = min(soonest, min(due, default=soonest))
    return soonest - now
