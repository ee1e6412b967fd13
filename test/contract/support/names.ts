import { randomUUID } from 'node:crypto';

/** All that contract tests make begins so; their role may touch nothing else. */
export const PREFIX = 'signalbox-contract-';

/** A name that no other test or run has; at most 63 characters, as buckets and functions need it. */
export const uniqueName = (kind: string): string => `${PREFIX}${kind}-${randomUUID().slice(0, 13)}`;
