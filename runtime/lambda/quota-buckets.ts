import { DefinitionError, ThrottledError } from '../contracts/errors.ts';
import type { QuotaKey, QuotaLimits, QuotaPlace, QuotaRecord } from '../contracts/quota.ts';
import { bucketLimits, configured, newBucket } from '../core/quota-limits.ts';
import { typicalMs } from '../core/quota-outcome.ts';
import { type Block, type PlaceRequest, planTake, takenPlaces } from '../core/quota-take.ts';
import type { QuotaLedger, QuotaTake, System } from '../ports.ts';

type Refused =
  | { readonly kind: 'closed' }
  | { readonly kind: 'too-late'; readonly dueAtMs: number };
type Taken = { readonly kind: 'place'; readonly place: QuotaPlace } | Refused;
type BlockTaken = { readonly kind: 'places'; readonly places: readonly QuotaPlace[] } | Refused;

/** A call that lines up. */
interface Waiting {
  readonly request: PlaceRequest;
  readonly resolve: (taken: Taken) => void;
  readonly reject: (error: unknown) => void;
}

/** Others write between a look and a write for as long as they are many; so often in a row only if something is wrong. */
const TRIES = 10;

/**
 * The buckets that a process has seen, as it saw them last. That is what takes guess from, so they are
 * made one at a time for each bucket: the second of two would be wrong. Calls that line up meanwhile take
 * their places together, with the next write.
 */
export class QuotaBuckets {
  readonly #quotas: QuotaLedger;
  readonly #system: System;
  readonly #limits: Readonly<Record<string, QuotaLimits>>;
  readonly #seen = new Map<string, QuotaRecord>();
  readonly #queues = new Map<string, Promise<unknown>>();
  /** Calls that line up with the next take. */
  readonly #waiting = new Map<string, Waiting[]>();
  /** What calls of this process have taught; goes with its next take. */
  readonly #lessons = new Map<string, Lesson>();

  constructor(options: {
    readonly quotas: QuotaLedger;
    readonly system: System;
    readonly limits: Readonly<Record<string, QuotaLimits>>;
  }) {
    this.#quotas = options.quotas;
    this.#system = options.system;
    this.#limits = options.limits;
  }

  /** As seen last; at first contact, as it is after this process's configuration was applied. */
  known(key: QuotaKey): Promise<QuotaRecord> {
    const seen = this.#seen.get(idOf(key));
    return seen ? Promise.resolve(seen) : this.#inTurn(key, () => this.#meet(key));
  }

  /** As they are at this moment, in the order asked. */
  async look(keys: readonly QuotaKey[]): Promise<readonly QuotaRecord[]> {
    const found = await this.#quotas.read(keys);
    for (const [i, key] of keys.entries()) this.#see(key, found[i] ?? null);
    return Promise.all(keys.map((key) => this.known(key)));
  }

  /** A place in the bucket. It is refused as too late, or as closed, only by what the bucket is at this moment. */
  take(key: QuotaKey, request: PlaceRequest): Promise<Taken> {
    const id = idOf(key);
    const { promise, resolve, reject } = Promise.withResolvers<Taken>();
    const waiting = this.#waiting.get(id) ?? [];
    waiting.push({ request, resolve, reject });
    if (waiting.length === 1) void this.#inTurn(key, () => this.#takeWaiting(key));
    this.#waiting.set(id, waiting);
    return promise;
  }

  /** Never rejects: what goes wrong is told to the calls that it befell. */
  async #takeWaiting(key: QuotaKey): Promise<void> {
    const id = idOf(key);
    const waiting = this.#waiting.get(id) ?? [];
    this.#waiting.delete(id);
    for (const group of Map.groupBy(waiting, ({ request }) => blockOf(request)).values()) {
      const [first, ...others] = group.map(({ request }) => request);
      if (!first) continue;
      try {
        const taken = await this.#takeBlock(key, [first, ...others]);
        for (const [i, { resolve }] of group.entries()) resolve(taken[i] ?? { kind: 'closed' });
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
  }

  /** In the order of the block. */
  async #takeBlock(key: QuotaKey, block: Block): Promise<readonly Taken[]> {
    let isFresh = !this.#seen.has(idOf(key));
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const taken = await this.#takeOnce(key, block);
      if (taken?.kind === 'places') {
        return taken.places.map((place) => ({ kind: 'place', place }));
      }
      if (taken?.kind === 'too-late' && block.length > 1) return this.#oneByOne(key, block);
      if (taken && isFresh) return block.map(() => taken);
      if (taken) this.#see(key, (await this.#quotas.read([key]))[0] ?? null);
      isFresh = true;
    }
    throw tooManyConflicts(key);
  }

  /** One of them would come too late, which is no reason to refuse the others. */
  async #oneByOne(key: QuotaKey, block: Block): Promise<readonly Taken[]> {
    const taken: Taken[] = [];
    for (const request of block) taken.push(...(await this.#takeBlock(key, [request])));
    return taken;
  }

  /**
   * Changes the bucket as `decide` says of the record as it is; `null` leaves it.
   * @returns the record after it, and whether this very change was written
   */
  change(
    key: QuotaKey,
    decide: (record: QuotaRecord, nowMs: number) => QuotaRecord | null,
  ): Promise<{ readonly record: QuotaRecord; readonly isWritten: boolean }> {
    return this.#inTurn(key, async () => {
      for (let tries = 1; tries <= TRIES; tries += 1) {
        const before = await this.#meet(key);
        const record = decide(before, this.#system.now());
        if (record === null) return { record: before, isWritten: false };
        if (await this.#put(record, before)) return { record, isWritten: true };
      }
      throw tooManyConflicts(key);
    });
  }

  /**
   * What an ended call has taught: how long it took, and how many of the tokens reserved for it are left
   * (below zero: it used more).
   */
  learn(
    key: QuotaKey,
    call: { readonly unusedTokens: number; readonly durationMs?: number },
  ): void {
    const id = idOf(key);
    const lesson = this.#lessons.get(id);
    const typical = lesson?.callMs ?? this.#seen.get(id)?.callMs;
    const callMs = call.durationMs === undefined ? typical : typicalMs(typical, call.durationMs);
    const returnedTokens = (lesson?.returnedTokens ?? 0) + call.unusedTokens;
    this.#lessons.set(id, { returnedTokens, ...(callMs !== undefined && { callMs }) });
  }

  /** By the record that was seen last; `null` when it was not the newest. */
  async #takeOnce(key: QuotaKey, block: Block): Promise<BlockTaken | null> {
    const record = await this.#meet(key);
    if (record.closed) return { kind: 'closed' };
    const plan = planTake(record, block, this.#system.now());
    if (plan.kind === 'too-late') return plan;
    const places = await this.#send(key, plan.take, block);
    return places && { kind: 'places', places };
  }

  async #send(
    key: QuotaKey,
    planned: QuotaTake,
    block: Block,
  ): Promise<readonly QuotaPlace[] | null> {
    const id = idOf(key);
    const lesson = this.#lessons.get(id);
    // Gone even if the write fails: whether it was made is not known then, and tokens must not be returned twice.
    this.#lessons.delete(id);
    const take = { ...planned, ...lesson };
    const result = await this.#quotas.take(take);
    if (result.kind === 'taken') {
      this.#see(key, result.record);
      return takenPlaces(take, block, result.record);
    }
    if (lesson) this.#keepFor(id, lesson);
    this.#see(key, result.current);
    return null;
  }

  /** For the next take, with what has been learned since. */
  #keepFor(id: string, older: Lesson): void {
    const newer = this.#lessons.get(id);
    const returnedTokens = older.returnedTokens + (newer?.returnedTokens ?? 0);
    this.#lessons.set(id, { ...older, ...newer, returnedTokens });
  }

  /** The record that was seen last, or is there, or begins here. */
  async #meet(key: QuotaKey): Promise<QuotaRecord> {
    const id = idOf(key);
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const seen = this.#seen.get(id);
      if (seen) return seen;
      const [found = null] = await this.#quotas.read([key]);
      const limits = this.#limitsOf(key);
      const nowMs = this.#system.now();
      const record = found ? configured(found, limits, nowMs) : newBucket(key, limits, nowMs);
      if (record === null) this.#see(key, found);
      else await this.#put(record, found);
    }
    throw tooManyConflicts(key);
  }

  async #put(record: QuotaRecord, before: QuotaRecord | null): Promise<boolean> {
    const result = await this.#quotas.change({ record, before });
    this.#see(record, result.kind === 'written' ? record : result.current);
    return result.kind === 'written';
  }

  #see(key: QuotaKey, record: QuotaRecord | null): void {
    if (record) this.#seen.set(idOf(key), record);
    else this.#seen.delete(idOf(key));
  }

  /** @throws DefinitionError for a quota that the stage does not have, or has not for tenants */
  #limitsOf({ quota, tenant }: QuotaKey): QuotaRecord['limits'] {
    const configuration = Object.hasOwn(this.#limits, quota) ? this.#limits[quota] : undefined;
    const limits = configuration && bucketLimits(configuration, tenant);
    if (limits) return limits;
    throw new DefinitionError(
      `the quota "${quota}" is not configured${tenant === undefined ? '' : ' for tenants'}; configured: ${Object.keys(this.#limits).join(', ') || 'none'}`,
    );
  }

  #inTurn<T>(key: QuotaKey, work: () => Promise<T>): Promise<T> {
    const id = idOf(key);
    const before = this.#queues.get(id) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#queues.set(id, turn);
    return turn;
  }
}

interface Lesson {
  readonly returnedTokens: number;
  readonly callMs?: number;
}

/** Calls of one block have this in common. */
const blockOf = ({ lane, workflow }: PlaceRequest): string => `${lane} ${workflow}`;

const idOf = ({ quota, tenant }: QuotaKey): string =>
  tenant === undefined ? quota : `${quota}\n${tenant}`;

const tooManyConflicts = ({ quota }: QuotaKey): ThrottledError =>
  new ThrottledError(
    `the quota "${quota}" was changed by others ${TRIES} times in a row while a call lined up; try again later`,
  );
