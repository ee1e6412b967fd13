"""How far each mapping has read each shard.

Kept where MiniStack keeps and persists its own positions, but as sequence numbers: these mean the same after a
stream was trimmed and after a restart. A shard has one per lane (`ParallelizationFactor`); everything after it is
still to come.
"""

from bisect import bisect_left

from ministack.services import lambda_svc as functions

from .mapping import Mapping

BEGINNING = ""
"""Less than every sequence number; these have a fixed width, so that they compare as texts."""


def open_shard(mapping: Mapping, shard_id: str, shard: dict, lanes: int) -> None:
    """Gives a shard its place at first sight. With another number of lanes all begin where the slowest one was."""
    shards = functions._kinesis_positions.get_scoped(mapping.account, mapping.region, mapping.id)
    if shards is None:
        shards = {}
        functions._kinesis_positions.set_scoped(mapping.account, mapping.region, mapping.id, shards)
    known = shards.get(shard_id)
    if not isinstance(known, list):
        known = [starting_position(mapping, shard)]
    shards[shard_id] = known if len(known) == lanes else [min(known)] * lanes


def read_until(mapping: Mapping, shard_id: str, lane: int) -> str:
    """The beginning for a mapping that was deleted: it is not going to be read."""
    known = lanes_of(mapping, shard_id)
    return known[lane] if lane < len(known) else BEGINNING


def advance(mapping: Mapping, shard_id: str, lane: int, sequence: str) -> None:
    """Does nothing when the mapping was deleted meanwhile."""
    shards = functions._kinesis_positions.get_scoped(mapping.account, mapping.region, mapping.id)
    if shards is not None:
        shards[shard_id][lane] = sequence


def slowest(mappings: list[Mapping], shard_id: str) -> str | None:
    """What all of them have read of a shard; None when there are none."""
    return min((min(lanes_of(mapping, shard_id)) for mapping in mappings), default=None)


def lanes_of(mapping: Mapping, shard_id: str) -> list[str]:
    shards = functions._kinesis_positions.get_scoped(mapping.account, mapping.region, mapping.id) or {}
    known = shards.get(shard_id)
    return known if isinstance(known, list) else [BEGINNING]


def starting_position(mapping: Mapping, shard: dict) -> str:
    records = shard["records"]
    position = mapping.record.get("StartingPosition")
    if position == "TRIM_HORIZON" or shard.get("parent_shard_id") is not None:
        # A shard that came of a split or merge continues one that is being read.
        return BEGINNING
    if position == "AT_TIMESTAMP":
        at = float(mapping.record["StartingPositionTimestamp"])
        earlier = bisect_left(records, at, key=lambda record: record["ApproximateArrivalTimestamp"])
    else:
        earlier = len(records)
    return records[earlier - 1]["SequenceNumber"] if earlier else shard["starting_sequence_number"]
