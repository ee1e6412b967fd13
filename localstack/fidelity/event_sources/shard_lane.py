"""The worker of one lane of one shard of one mapping: reads, invokes, waits.

Job: hands the records of its lane to the function, batch by batch, in their order.
Boundary: a thread of its own; whatever the function does, only this lane waits for it.

Invariants
W1. All records of a partition key are in the same lane, so that they are never in two invocations at once.
W2. The mapping is read anew before every step: a change holds at once, and a lane that is no more wanted ends.
"""

import json
import logging
import threading
import time
import zlib
from bisect import bisect_right
from collections.abc import Sequence

from ministack.core.arn import parse_arn
from ministack.core.responses import request_scope
from ministack.services import kinesis
from ministack.services import lambda_svc as functions

from . import checkpoints, on_failure
from .batch_failures import failed_ids
from .delivery import Event, Outcome, deliver
from .mapping import Mapping

logger = logging.getLogger("fidelity.event_sources")

IDLE_SECONDS = 1.0
SHARED_BYTES = 6_000_000
"""What an invocation's payload may have; records count as they are sent, in base64."""


class ShardLane:
    def __init__(self, mapping: Mapping, shard_id: str, lane: int, lanes: int) -> None:
        self.mapping = mapping
        self.shard_id = shard_id
        self.lane = lane
        self.lanes = lanes
        self.records_came = threading.Event()
        self.mapping_changed = threading.Event()
        name = f"{mapping.id[:8]}-{shard_id[-4:]}-{lane}"
        self.thread = threading.Thread(target=self.run, name=name, daemon=True)

    def run(self) -> None:
        with request_scope(self.mapping.account, self.mapping.region):
            while self.wanted:
                try:
                    self.step()
                except Exception:
                    # A lane that ended here would stop its shard for good.
                    logger.exception("mapping %s, shard %s", self.mapping.id, self.shard_id)
                    self.wait(IDLE_SECONDS)

    def step(self) -> None:
        self.records_came.clear()
        function = self.mapping.function()
        role = (function or {}).get("config", {}).get("Role", "")
        batch, seen = self.next_batch(role)
        if function is None or seen is None:
            self.records_came.wait(IDLE_SECONDS)
            return
        if self.is_gathering(batch):
            self.wait(self.mapping.window_seconds)
            if not self.wanted:
                return
            batch, seen = self.next_batch(role)
            if seen is None:
                return
        matching = functions._apply_filter_criteria(batch, self.mapping.record)
        if not matching or deliver(self, matching):
            # Also past what the filter has taken out, and what is another lane's.
            checkpoints.advance(self.mapping, self.shard_id, self.lane, seen)

    def is_gathering(self, batch: Sequence[Event]) -> bool:
        """AWS waits for a fuller batch from the first record on, for as long as the mapping says."""
        return self.mapping.window_seconds > 0 and 0 < len(batch) < self.mapping.batch_size

    def next_batch(self, role: str) -> tuple[list[Event], str | None]:
        """Up to a batch, and the last sequence number that was looked at; None when nothing has come."""
        shard = shards_of(self.mapping.source).get(self.shard_id)
        records = shard["records"] if shard else []
        position = bisect_right(
            records,
            checkpoints.read_until(self.mapping, self.shard_id, self.lane),
            key=lambda record: record["SequenceNumber"],
        )
        batch: list[Event] = []
        size = 0
        seen = None
        for record in records[position:]:
            if zlib.crc32(record["PartitionKey"].encode()) % self.lanes == self.lane:
                size += len(record["Data"])
                if batch and size > SHARED_BYTES:
                    break
                batch.append(self.event_of(record, role))
            seen = record["SequenceNumber"]
            if len(batch) >= self.mapping.batch_size:
                break
        return batch, seen

    def event_of(self, record: dict, role: str) -> Event:
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": kinesis._ensure_base64(record["Data"]),
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{self.shard_id}:{record['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": role,
            "awsRegion": self.mapping.region,
            "eventSourceARN": self.mapping.source,
        }

    @property
    def wanted(self) -> bool:
        return (
            self.mapping.enabled
            and self.mapping.parallelization == self.lanes
            and self.shard_id in shards_of(self.mapping.source)
        )

    # The port of deliver()

    @property
    def retries(self) -> float:
        return self.mapping.retries

    @property
    def max_age_seconds(self) -> float:
        return self.mapping.max_age_seconds

    @property
    def bisects(self) -> bool:
        return self.mapping.bisects

    def invoke(self, batch: Sequence[Event]) -> Outcome:
        function = self.mapping.function()
        if function is None:
            return Outcome(throttled=True)
        result = functions._execute_function(function, {"Records": list(batch)})
        if result.get("throttle"):
            return Outcome(throttled=True)
        version = (function.get("config") or function).get("Version", "$LATEST")
        error = bool(result.get("error"))
        failed_from = 0 if error else self.first_failure(batch, result.get("body"))
        failed = failed_from is not None
        self.mapping.record["LastProcessingResult"] = "PROBLEM: Function call failed" if error else "OK"
        if failed:
            logger.warning("mapping %s: %s", self.mapping.id, json.dumps(result.get("body")))
        return Outcome(error=error, failed_from=failed_from, executed_version=version)

    def first_failure(self, batch: Sequence[Event], answer: object) -> int | None:
        if not self.mapping.reports_failures:
            return None
        sequence_numbers = [event["kinesis"]["sequenceNumber"] for event in batch]
        failed = failed_ids(answer, sequence_numbers)
        return next((place for place, number in enumerate(sequence_numbers) if number in failed), None)

    def checkpoint(self, event: Event) -> None:
        checkpoints.advance(self.mapping, self.shard_id, self.lane, event["kinesis"]["sequenceNumber"])

    def give_up(self, batch: Sequence[Event], condition: str, invocations: int, outcome: Outcome | None) -> None:
        on_failure.send(self.mapping, self.shard_id, batch, condition, invocations, outcome)

    def age_of(self, event: Event) -> float:
        return time.time() - event["kinesis"]["approximateArrivalTimestamp"]

    def wait(self, seconds: float) -> None:
        """A change of the mapping ends it."""
        self.mapping_changed.clear()
        if self.wanted:
            self.mapping_changed.wait(seconds)


def shards_of(stream_arn: str) -> dict[str, dict]:
    """Empty when there is no such stream."""
    spec = parse_arn(stream_arn)
    name = functions._kinesis_stream_name_from_arn_spec(spec)
    stream = kinesis._streams.get_scoped(spec.account_id, spec.region, name)
    return stream["shards"] if stream else {}
