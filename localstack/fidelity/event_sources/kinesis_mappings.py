"""Each Kinesis mapping reads each of its shards by workers of its own.

AWS: a mapping is independent of every other one; a shard has `ParallelizationFactor` batches in progress, with the
order kept within a partition key; a batch waits to be filled for `MaximumBatchingWindowInSeconds`; retries, halving,
age, on-failure destinations and partial batch responses are as `delivery.py` has them
(docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html, …/kinesis-on-failure-destination.html).
Stock: one thread calls all functions of all streams, one after the other, and the queues wait for them too; it has
neither window, retry limit, halving, age, destinations nor lanes, and takes a partial batch response for a success.
"""

import threading

from ministack.core.concurrency import esm_wake
from ministack.services import kinesis
from ministack.services import lambda_svc as functions

from fidelity.frame.behaviour import Need

from . import checkpoints
from .mapping import KINESIS, Mapping, all_mappings
from .shard_lane import ShardLane, shards_of

LAMBDA = "ministack.services.lambda_svc"
STREAMS = "ministack.services.kinesis"
NEEDS = (
    Need(LAMBDA, "_poll_kinesis", parameters=""),
    Need(LAMBDA, "_esms"),
    Need(LAMBDA, "_kinesis_positions"),
    Need(LAMBDA, "_iter_all_esms", parameters=""),
    Need(LAMBDA, "_get_func_record_for_qualifier", parameters="name, qualifier"),
    Need(LAMBDA, "_execute_function", parameters="func, event"),
    Need(LAMBDA, "_apply_filter_criteria", parameters="records, esm"),
    Need(STREAMS, "esm_wake.set", parameters=""),
    Need(STREAMS, "_streams"),
    Need(STREAMS, "_ensure_base64", parameters="value"),
    Need(LAMBDA, "_kinesis_stream_name_from_arn_spec", parameters="spec"),
    Need("ministack.services.sqs", "_act_send_message", parameters="data, qurl"),
    Need("ministack.services.sqs", "_queue_url", parameters="name"),
    Need("ministack.services.sqs", "_Err"),
    Need("ministack.services.s3", "_put_object", parameters="bucket_name, key, body, headers"),
    Need("ministack.core.responses", "request_scope", parameters="account_id, region"),
)


def install() -> None:
    functions._poll_kinesis = employ
    kinesis.esm_wake = RecordsCame()


lanes: dict[tuple[str, str], dict[int, ShardLane]] = {}
"""By mapping and shard, then by number."""
lock = threading.Lock()


class RecordsCame:
    """Takes the place of the signal that streams give to MiniStack's one poller."""

    def set(self) -> None:
        for lane in all_lanes():
            lane.records_came.set()


def all_lanes() -> list[ShardLane]:
    return [lane for shard in list(lanes.values()) for lane in list(shard.values())]


def employ() -> bool:
    """Gives workers to shards that need some. Returns False: there is nothing to do it again for at once."""
    with lock:
        for key in [key for key, shard in lanes.items() if not any(map(is_at_work, shard.values()))]:
            del lanes[key]
        for mapping in all_mappings(KINESIS):
            if is_ready(mapping):
                for shard_id, shard in list(shards_of(mapping.source).items()):
                    employ_for(mapping, shard_id, shard)
    return False


def is_at_work(lane: ShardLane) -> bool:
    return lane.thread.is_alive()


def is_ready(mapping: Mapping) -> bool:
    """A mapping that begins at a time is created before the time is written to it."""
    at_timestamp = mapping.record.get("StartingPosition") == "AT_TIMESTAMP"
    return mapping.enabled and not (at_timestamp and "StartingPositionTimestamp" not in mapping.record)


def employ_for(mapping: Mapping, shard_id: str, shard: dict) -> None:
    count = mapping.parallelization
    working = lanes.setdefault((mapping.id, shard_id), {})
    if any(lane.lanes != count for lane in working.values()):
        # Those of another parallelization end first: a key is never in two lanes.
        return
    if not working:
        checkpoints.open_shard(mapping, shard_id, shard, count)
    for number in range(count):
        if number not in working or not is_at_work(working[number]):
            working[number] = ShardLane(mapping, shard_id, number, count)
            working[number].thread.start()


def announce_change(mapping_id: object) -> None:
    """Lets a changed mapping take effect now, of a queue too. What is no id is a mapping that was created."""
    for lane in all_lanes():
        if lane.mapping.id == mapping_id:
            lane.mapping_changed.set()
            lane.records_came.set()
    employ()
    esm_wake.set()
