/** Where checkpoints lie, and how places in a shard are compared. */
import { LEDGER_AREAS } from '../../contracts/tables.ts';
import type { Checkpoint } from '../../ports.ts';
import type { ItemKey } from '../ledger-item.ts';

/** Of all consumers together: they are few, and are read together. */
export const CHECKPOINT_PARTITION = `${LEDGER_AREAS.checkpoints}#all`;

export const checkpointKey = ({
  consumer,
  shard,
}: Pick<Checkpoint, 'consumer' | 'shard'>): ItemKey => ({
  pk: CHECKPOINT_PARTITION,
  sk: `${consumer}#${shard}`,
});

/** Longer than any sequence number: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html */
const DIGITS = 130;

/** A sequence number, a decimal of any length, as text that sorts as numbers do. */
export const sortableSequence = (sequence: string): string => sequence.padStart(DIGITS, '0');
