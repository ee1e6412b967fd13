"""A stream forgets what is older than its retention, and nothing that somebody reads is disturbed.

AWS: records are readable for the retention period, 24 hours at least, and a shard iterator keeps its place
(docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html).
Stock: each put copies the whole shard to drop old records, and then every iterator skips as many as were dropped.
Here in addition: no machine shall hold a day of events, so that a shard keeps a bounded tail of what all its mappings
have read. What a mapping has not read stays until its retention ends, as on AWS.
"""

import time
from bisect import bisect_left, bisect_right

from ministack.services import kinesis

from fidelity.event_sources import checkpoints
from fidelity.event_sources.mapping import KINESIS, Mapping, all_mappings
from fidelity.frame.behaviour import Need

MODULE = "ministack.services.kinesis"
NEEDS = (Need(MODULE, "_expire_records", parameters="stream"), Need(MODULE, "_shard_iterators"))

TAIL_RECORDS = 10_000
TAIL_BYTES = 16 * 2**20
TAIL_CHECK_SECONDS = 1.0

tail_checked_at: dict[str, float] = {}
"""By stream."""


def install() -> None:
    kinesis._expire_records = forget


def forget(stream: dict) -> None:
    now = time.time()
    oldest = now - stream["RetentionPeriodHours"] * 3600
    checks_tail = now - tail_checked_at.get(stream["StreamARN"], 0) >= TAIL_CHECK_SECONDS
    if checks_tail:
        tail_checked_at[stream["StreamARN"]] = now
    for shard_id, shard in stream["shards"].items():
        records = shard["records"]
        drop = expired(records, oldest)
        if checks_tail:
            drop = max(drop, surplus(stream, shard_id, records))
        if drop:
            # Another list: whoever is reading the old one goes on undisturbed.
            shard["records"] = records[drop:]
            move_iterators(stream["StreamARN"], shard_id, drop)


def expired(records: list[dict], oldest: float) -> int:
    if not records or records[0]["ApproximateArrivalTimestamp"] >= oldest:
        return 0
    return bisect_left(records, oldest, key=lambda record: record["ApproximateArrivalTimestamp"])


def surplus(stream: dict, shard_id: str, records: list[dict]) -> int:
    """How many are beyond the tail and read by all mappings."""
    kept = size = 0
    for record in reversed(records):
        size += len(record["Data"])
        if kept == TAIL_RECORDS or size > TAIL_BYTES:
            break
        kept += 1
    beyond = len(records) - kept
    if beyond == 0:
        return 0
    read_until = checkpoints.slowest(mappings_of(stream["StreamARN"]), shard_id)
    if read_until is None:
        return beyond
    return min(beyond, bisect_right(records, read_until, key=lambda record: record["SequenceNumber"]))


def mappings_of(stream_arn: str) -> list[Mapping]:
    return [mapping for mapping in all_mappings(KINESIS) if mapping.source == stream_arn]


def move_iterators(stream_arn: str, shard_id: str, dropped: int) -> None:
    for iterator in kinesis._shard_iterators.all_values():
        if iterator.get("stream_arn") == stream_arn and iterator["shard_id"] == shard_id:
            iterator["position"] = max(0, iterator["position"] - dropped)
