import type { CallLine, QuotaKey, QuotaRecord } from '#runtime/contracts/quota.ts';
import { quotaText } from '#runtime/core/quota-item.ts';
import { type Lane, laneNext, pushedBy } from '#runtime/core/quota-line.ts';
import type { LineTake, Put, QuotaLedger, QuotaTake } from '#runtime/ports.ts';

/** Buckets in memory, kept as JSON text, so that what is read is a copy. */
export class MemoryQuotaLedger implements QuotaLedger {
  readonly #texts = new Map<string, string>();

  async read(keys: readonly QuotaKey[]): Promise<readonly (QuotaRecord | null)[]> {
    return keys.map((key) => this.#get(key));
  }

  async list(quotas: readonly string[]): Promise<readonly QuotaRecord[]> {
    return [...this.#texts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, text]): QuotaRecord => JSON.parse(text))
      .filter(({ quota }) => quotas.includes(quota));
  }

  async take(take: QuotaTake) {
    const current = this.#get(take);
    if (current === null || !isAsGuessed(current, take)) {
      return { kind: 'conflict', current } as const;
    }
    const record = afterTake(current, take);
    this.#set(record);
    return { kind: 'taken', record } as const;
  }

  async change(change: {
    readonly record: QuotaRecord;
    readonly before: QuotaRecord | null;
  }): Promise<Put<QuotaRecord>> {
    const { record, before } = change;
    // The checks of the record come first, as they do in front of the table.
    quotaText(record, before);
    const current = this.#get(record);
    if ((current?.ver ?? null) !== (before?.ver ?? null)) return { kind: 'conflict', current };
    this.#set(current === null ? record : withReservations(record, current));
    return { kind: 'written' };
  }

  #get(key: QuotaKey): QuotaRecord | null {
    const text = this.#texts.get(idOf(key));
    return text === undefined ? null : JSON.parse(text);
  }

  #set(record: QuotaRecord): void {
    this.#texts.set(idOf(record), JSON.stringify(record));
  }
}

/** The shared bucket before those of tenants. */
const idOf = ({ quota, tenant }: QuotaKey): string =>
  tenant === undefined ? `${quota}\n` : `${quota}\n${tenant}`;

function isAsGuessed(record: QuotaRecord, take: QuotaTake): boolean {
  if (record.ver !== take.ver) return false;
  const lane = take.lane ?? 'main';
  const holds = (line: CallLine, { guess, clock, last }: LineTake): boolean => {
    const next = laneNext(line, lane);
    return guess === 'idle' ? next < clock : next >= clock && next <= last;
  };
  if (!holds(record.requests, take.requests)) return false;
  return !take.tokens || (record.tokens !== undefined && holds(record.tokens, take.tokens));
}

function afterTake(record: QuotaRecord, take: QuotaTake): QuotaRecord {
  const { lane = 'main', workflow, callMs, returnedTokens = 0 } = take;
  const { tokens } = record;
  const calls = take.requests.cost;
  return {
    ...record,
    requests: moved(record.requests, lane, take.requests, 0),
    ...(tokens && take.tokens && { tokens: moved(tokens, lane, take.tokens, returnedTokens) }),
    taken: record.taken + calls,
    takenBy: { ...record.takenBy, [workflow]: (record.takenBy[workflow] ?? 0) + calls },
    ...(callMs !== undefined && { callMs }),
  };
}

function moved(line: CallLine, lane: Lane, take: LineTake, returned: number): CallLine {
  const from = take.guess === 'idle' ? take.clock : laneNext(line, lane);
  const next = from + take.cost - returned;
  return lane === 'fast'
    ? { ...line, fastNext: next, pushed: line.pushed + pushedBy(take.cost, returned) }
    : { ...line, next };
}

/** What is written over `current`: reservations that came between stay, except in lines that begin anew. */
function withReservations(record: QuotaRecord, current: QuotaRecord): QuotaRecord {
  const isAnew = record.epoch !== current.epoch;
  const line = (next: CallLine, old: CallLine | undefined): CallLine =>
    isAnew || old === undefined
      ? next
      : { ...next, next: old.next, pushed: old.pushed, fastNext: old.fastNext };
  const { callMs } = current;
  return {
    ...record,
    requests: line(record.requests, current.requests),
    ...(record.tokens && { tokens: line(record.tokens, current.tokens) }),
    taken: current.taken,
    takenBy: current.takenBy,
    ...(callMs !== undefined && { callMs }),
  };
}
