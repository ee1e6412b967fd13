/**
 * Keys and indexes of the tables: what stacks create and adapters use.
 *
 * Indexes of the read model are all defined at once: adding one later means a backfill.
 */

/** Every table has the same key attributes, both strings. */
export const TABLE_KEY = { partition: 'pk', sort: 'sk' } as const;

/** Time to live, epoch seconds; absent on items that stay. */
export const TTL_ATTRIBUTE = 'expiresAt';

/** Partition keys of the ledger that are no run's begin so, and `#` follows: no run id holds one. */
export const LEDGER_AREAS = {
  outbox: 'outbox',
  dueRuns: 'due',
  /** Events that consumers have parked, and those behind them: `lane#<consumer>#<run>`; `lanes#<consumer>` lists the runs. */
  lanes: 'lane',
  laneIndex: 'lanes',
  /** How far each consumer has come: `checkpoints`, `replays`. */
  checkpoints: 'checkpoints',
  replays: 'replays',
} as const;

/** Partition keys of the Limits table: `quota#<name>`, `meter`, `admission#<workflow>`, `place-key`. */
export const LIMITS_AREAS = {
  quotas: 'quota',
  meter: 'meter',
  admissions: 'admission',
  placeKey: 'place-key',
} as const;

/** Sort attribute of all read model indexes: `<acceptedAt>#<run>`; absent until the acceptance is known. */
export const READ_MODEL_SORT = 'acceptedKey';

/**
 * Read model indexes and their partition attributes. Values are prefixed by the tenant:
 * `<tenant>`, `<tenant>#<workflow>`, `<tenant>#<status>`, `<tenant>#<key>=<value>`.
 */
export const READ_MODEL_INDEXES = {
  byTenant: 'tenantKey',
  byWorkflow: 'workflowKey',
  byStatus: 'statusKey',
  byTag: 'tagKey',
} as const;
