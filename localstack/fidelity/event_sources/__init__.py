"""Event source mappings: how Lambda reads streams and queues, and what becomes of a batch that fails."""

from . import kinesis_mappings, mapping_changes, mapping_options, poll_loop, sqs_batches

BEHAVIOURS = (kinesis_mappings, mapping_options, mapping_changes, sqs_batches, poll_loop)
