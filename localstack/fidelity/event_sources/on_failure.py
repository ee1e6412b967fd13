"""What an on-failure destination receives of a batch that was given up.

docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html: a queue gets the metadata, a bucket also the
event, "as an escaped JSON string", under aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<random UUID>.
"""

import json
import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timezone

from ministack.core.arn import parse_arn
from ministack.services import s3, sqs

from .delivery import Event, Outcome
from .mapping import Mapping

logger = logging.getLogger("fidelity.event_sources")


def send(
    mapping: Mapping,
    shard_id: str,
    batch: Sequence[Event],
    condition: str,
    invocations: int,
    outcome: Outcome | None,
) -> None:
    """The records are gone all the same when the destination is not there; the log says so."""
    if not mapping.on_failure:
        return
    now = datetime.now(timezone.utc)
    record = {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": mapping.record["FunctionArn"],
            "condition": condition,
            "approximateInvokeCount": invocations,
        },
        # A batch that was too old before its first invocation has no response.
        **({"responseContext": response_of(outcome)} if outcome else {}),
        "version": "1.0",
        "timestamp": iso(now),
        "KinesisBatchInfo": batch_info(mapping, shard_id, batch),
    }
    destination = parse_arn(mapping.on_failure)
    if destination.service == "sqs":
        refused = send_to_queue(destination.resource, record)
    elif destination.service == "s3":
        key = f"aws/lambda/{mapping.id}/{shard_id}/{now:%Y/%m/%d}/{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
        payload = json.dumps({"Records": list(batch)})
        refused = put_into_bucket(destination.resource, key, record | {"payload": payload})
    else:
        refused = "only queues and buckets are supported here"
    if refused:
        logger.error("%d records of %s are lost: %s: %s", len(batch), mapping.source, mapping.on_failure, refused)


def response_of(outcome: Outcome) -> dict:
    """A function that only reported failures has no function error."""
    return {
        "statusCode": 200,
        "executedVersion": outcome.executed_version,
        "functionError": "Unhandled" if outcome.error else None,
    }


def batch_info(mapping: Mapping, shard_id: str, batch: Sequence[Event]) -> dict:
    first, last = batch[0]["kinesis"], batch[-1]["kinesis"]
    return {
        "shardId": shard_id,
        "startSequenceNumber": first["sequenceNumber"],
        "endSequenceNumber": last["sequenceNumber"],
        "approximateArrivalOfFirstRecord": arrival(first),
        "approximateArrivalOfLastRecord": arrival(last),
        "batchSize": len(batch),
        "streamArn": mapping.source,
    }


def arrival(record: dict) -> str:
    return iso(datetime.fromtimestamp(record["approximateArrivalTimestamp"], timezone.utc))


def iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def send_to_queue(name: str, record: dict) -> str | None:
    """Returns what is wrong."""
    try:
        sqs._act_send_message({"QueueUrl": sqs._queue_url(name), "MessageBody": json.dumps(record)}, "")
    except sqs._Err as error:
        return str(error)
    return None


def put_into_bucket(bucket: str, key: str, record: dict) -> str | None:
    """Returns what is wrong."""
    status, _, body = s3._put_object(bucket, key, json.dumps(record).encode(), {"content-type": "application/json"})
    return None if status == 200 else str(body)
