"""A batch of a queue that fails is that batch's affair alone.

AWS: its messages come back when their visibility timeout ends, as the queue has it or as the function has set it, and
other messages go on; with `ReportBatchItemFailures` the poller does not slow down, and an identifier that is empty or
unknown fails the whole batch (docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html). A message is
deleted by the receipt it was delivered with.
Stock: an error pauses the whole mapping for a second, an unknown identifier counts for nothing, and a message that was
delivered again meanwhile is deleted by the newer receipt.
"""

import logging

from ministack.services import lambda_svc as functions
from ministack.services import sqs

from fidelity.frame.behaviour import Need

from .batch_failures import failed_ids
from .mapping import REPORT_FAILURES

MODULE = "ministack.services.lambda_svc"
NEEDS = (
    Need(MODULE, "_run_sqs_batch", parameters="esm, func_rec, event, batch, queue_url, queue_name"),
    Need(MODULE, "_execute_function", parameters="func, event"),
    Need("ministack.services.sqs", "_delete_messages_for_esm", parameters="queue_url, receipt_handles"),
)

logger = logging.getLogger("fidelity.event_sources")


def install() -> None:
    functions._run_sqs_batch = run


def run(mapping: dict, function: dict, event: dict, batch: list[dict], queue_url: str, queue_name: str) -> None:
    receipts = {record["messageId"]: record["receiptHandle"] for record in event["Records"]}
    # What the mapping's filter has taken out is done with.
    delete(queue_url, {message["receipt_handle"] for message in batch if message["id"] not in receipts})
    result = functions._execute_function(function, event)
    error = bool(result.get("error"))
    if error:
        failed = set(receipts)
    elif REPORT_FAILURES in (mapping.get("FunctionResponseTypes") or ()):
        failed = failed_ids(result.get("body"), receipts)
    else:
        failed = set()
    mapping["LastProcessingResult"] = "PROBLEM: Function call failed" if error else "OK"
    if failed:
        logger.warning("%d of %d messages of %s failed: %s", len(failed), len(batch), queue_name, result.get("body"))
    delete(queue_url, {receipt for message_id, receipt in receipts.items() if message_id not in failed})


def delete(queue_url: str, receipts: set[str]) -> None:
    try:
        sqs._delete_messages_for_esm(queue_url, receipts)
    except sqs._Err as error:
        logger.info("%s: %s", queue_url, error)
