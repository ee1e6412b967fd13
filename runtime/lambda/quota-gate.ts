/**
 * The gate before calls of a quota: a call lines up, waits for its turn while that is near, and tells
 * how it went.
 *
 * Boundary: what a call is, and what becomes of one that has to wait longer, is the caller's business.
 *
 * Invariants
 * G1. A call goes only with a place that is due in a bucket of the place's epoch, as the bucket was when
 *     its holder last woke; with one that it brings along, at most LATE_MS after its turn by its
 *     lane's clock. So R7 holds, with that lateness in each lane.
 * G2. A ledger that is away delays calls; it never fails one that has been made.
 */
import type {
  QuotaKey,
  QuotaLimits,
  QuotaPlace,
  QuotaRecord,
  QuotaTicket,
} from '../contracts/quota.ts';
import { fractionOf } from '../core/backoff.ts';
import { IN_PLACE_MS } from '../core/come-back.ts';
import { awayMs, probed } from '../core/quota-outage.ts';
import { afterCall, type QuotaOutcome, unusedTokens } from '../core/quota-outcome.ts';
import { allowanceMs, nextDueAtMs, type PlaceRequest } from '../core/quota-take.ts';
import { ticketState } from '../core/quota-ticket.ts';
import { leadMs, TURN_IN_PLACE_MS, type Wake, withWake } from '../core/wake-lead.ts';
import type { QuotaLedger, System } from '../ports.ts';
import { QuotaBuckets } from './quota-buckets.ts';

/** Time enough for a probe, however long calls took before: or an outage after a slow spell would not end. */
const PROBE_ENOUGH_MS = 10_000;

/** Of one call. */
export interface QuotaRequest {
  /** As configured: `model:default`. */
  readonly quota: string;
  /** The call's key in the ledger. */
  readonly call: string;
  readonly workflow: string;
  readonly tenant: string;
  readonly lane?: 'fast' | undefined;
  /** Epoch milliseconds by which the call must have ended. */
  readonly deadlineMs: number;
  /** The most tokens that the call can use. @default 0 */
  readonly tokens?: number;
  /** Ends the waiting in place: `enter` then rejects with its reason. */
  readonly signal: AbortSignal;
}

/** A call that may be made now. Hand it to `report` when it has ended. */
export interface QuotaPass {
  readonly quota: string;
  readonly ticket: QuotaTicket;
  /** Epoch milliseconds at which it was let through. */
  readonly beganAtMs: number;
  /** It tries whether the quota's outage is over. */
  readonly isProbe?: true;
}

/** Its turn comes later than a call waits in place: it comes back then, with the ticket. */
interface Later {
  readonly kind: 'later';
  /** The quota in whose line it waits. */
  readonly quota: string;
  readonly dueAtMs: number;
  /** Absent when the quota is closed: nobody holds a place, the call lines up when it comes back. */
  readonly ticket?: QuotaTicket;
}

/** Its turn comes when it could not end by its deadline any more: it is not made at all. */
interface TooLate {
  readonly kind: 'too-late';
  readonly quota: string;
  readonly dueAtMs: number;
}

export type QuotaEntry =
  /** `waitedMs`: in this very `enter`. */
  { readonly kind: 'go'; readonly pass: QuotaPass; readonly waitedMs: number } | Later | TooLate;

export interface QuotaGateOptions {
  readonly quotas: QuotaLedger;
  readonly system: System;
  /** As the stage configures them, by name. */
  readonly limits: Readonly<Record<string, QuotaLimits>>;
}

/** One per process: it remembers the buckets, so that a quiet call costs one write and no read. */
export class QuotaGate {
  readonly #buckets: QuotaBuckets;
  readonly #system: System;
  readonly #limits: Readonly<Record<string, QuotaLimits>>;
  #wakes: readonly Wake[] = [];

  constructor(options: QuotaGateOptions) {
    this.#buckets = new QuotaBuckets(options);
    this.#system = options.system;
    this.#limits = options.limits;
  }

  /**
   * Lines up, or goes on with the ticket that the call holds already, and waits while its turn is near.
   * @param held from an earlier `later`; a void one counts as none, with a late one the call lines up ahead
   * @throws DefinitionError for a quota that the stage does not have; the signal's reason
   */
  async enter(request: QuotaRequest, held?: QuotaTicket): Promise<QuotaEntry> {
    const enteredMs = this.#system.now();
    const inPlaceMs = held ? TURN_IN_PLACE_MS : IN_PLACE_MS;
    let turn: Turn = held ? await this.#reconsider(held, request) : { kind: 'again' };
    for (;;) {
      if (turn.kind === 'go') {
        return { ...turn, waitedMs: Math.max(0, turn.pass.beganAtMs - enteredMs) };
      }
      if (turn.kind === 'again') {
        request.signal.throwIfAborted();
        turn = await this.#lineUp(request, turn.lane ?? request.lane);
      } else if (turn.kind === 'later' && turn.ticket && this.#isNear(turn.dueAtMs, inPlaceMs)) {
        await this.#sleepUntil(turn.dueAtMs, request.signal);
        turn = await this.#reconsider(turn.ticket, request);
      } else return turn;
    }
  }

  /**
   * A call has come for its turn, with the place that it holds.
   * @param wakeAtMs epoch milliseconds at which it was to set out
   */
  woken(wakeAtMs: number): void {
    const atMs = this.#system.now();
    this.#wakes = withWake(this.#wakes, { atMs, lateMs: atMs - wakeAtMs });
  }

  /**
   * How long before its turn a call that is put off sets out.
   * @param timeoutSeconds of its attempt
   */
  leadMs(timeoutSeconds: number): number {
    return leadMs(this.#wakes, timeoutSeconds * 1000, this.#system.now());
  }

  /**
   * Tells how a call that was let through has ended. Never throws: what cannot be told now, the next
   * call's end tells.
   * @returns what the quota lets through from now on, in calls per second
   */
  async report(pass: QuotaPass, outcome: QuotaOutcome): Promise<{ readonly perSecond: number }> {
    const { quota, ticket, beganAtMs } = pass;
    const durationMs = Math.max(0, this.#system.now() - beganAtMs);
    for (const place of ticket.places) {
      this.#buckets.learn(place, {
        unusedTokens: place.token === undefined ? 0 : unusedTokens(ticket.tokens, outcome),
        ...(outcome.kind === 'answered' && { durationMs }),
      });
    }
    // Tenants' own lines are the platform's rule: how a provider fares says nothing about them.
    const epoch = ticket.places.find(({ tenant }) => tenant === undefined)?.epoch ?? 0;
    const record = await this.#buckets
      .change({ quota }, (seen, nowMs) => afterCall(seen, { epoch, beganAtMs, outcome }, nowMs))
      .then((change) => change.record)
      .catch(() => this.#buckets.known({ quota }));
    return { perSecond: record.requests.rate };
  }

  /** What becomes of a ticket, by its buckets as they are at this moment. */
  async #reconsider(ticket: QuotaTicket, request: QuotaRequest): Promise<Turn> {
    const records = await this.#buckets.look(ticket.places);
    return this.#judge(ticket, records, request);
  }

  #judge(ticket: QuotaTicket, records: readonly QuotaRecord[], request: QuotaRequest): Turn {
    const nowMs = this.#system.now();
    const state = ticketState(ticket, records, { deadlineMs: request.deadlineMs, nowMs });
    switch (state.kind) {
      case 'due':
        return { kind: 'go', pass: { quota: request.quota, ticket, beganAtMs: nowMs } };
      case 'wait':
        return { ...state, kind: 'later', ticket };
      case 'late':
        return { kind: 'again', lane: 'fast' };
      case 'void':
        return { kind: 'again' };
      case 'too-late':
        return state;
    }
  }

  async #lineUp(request: QuotaRequest, lane: 'main' | 'fast' = 'main'): Promise<Turn> {
    const { call, tokens = 0, workflow, deadlineMs } = request;
    const wanted: PlaceRequest = { workflow, lane, deadlineMs, tokens };
    const places: QuotaPlace[] = [];
    for (const key of await this.#tightestFirst(request, wanted)) {
      const taken = await this.#buckets.take(key, wanted);
      if (taken.kind === 'closed') return this.#whileClosed(key, request);
      if (taken.kind === 'too-late') return { ...taken, quota: key.quota };
      places.push(taken.place);
    }
    const records = await Promise.all(places.map((place) => this.#buckets.known(place)));
    return this.#judge({ call, places, tokens }, records, request);
  }

  /** The bucket first that will refuse, if one does: a place in the other would be wasted. */
  async #tightestFirst({ quota, tenant }: QuotaRequest, wanted: PlaceRequest) {
    const keys: QuotaKey[] = [{ quota }];
    if (Object.hasOwn(this.#limits, quota) && this.#limits[quota]?.perTenant)
      keys.push({ quota, tenant });
    const known = await Promise.all(
      keys.map(async (key) => {
        const record = await this.#buckets.known(key);
        const nowMs = this.#system.now();
        return {
          key,
          waits: record.closed ? Number.POSITIVE_INFINITY : nextDueAtMs(record, wanted, nowMs),
        };
      }),
    );
    return known.sort((a, b) => b.waits - a.waits).map(({ key }) => key);
  }

  /** One call tries whether an outage is over; the others stay away. */
  async #whileClosed(key: QuotaKey, request: QuotaRequest): Promise<Turn> {
    const { quota } = request;
    const seen = await this.#buckets.known(key);
    const askedMs = this.#system.now();
    // A probe that its own deadline ends would tell of a failure that is none.
    if (request.deadlineMs - askedMs < Math.min(allowanceMs(seen), PROBE_ENOUGH_MS)) {
      return { kind: 'too-late', quota, dueAtMs: askedMs };
    }
    const { record, isWritten } = await this.#buckets.change(key, probed);
    const nowMs = this.#system.now();
    if (isWritten) {
      const place = { quota, epoch: record.epoch, request: record.requests.next };
      const ticket = { call: request.call, places: [place], tokens: 0 };
      return { kind: 'go', pass: { quota, ticket, beganAtMs: nowMs, isProbe: true } };
    }
    if (!record.closed) return { kind: 'again' };
    const fraction = fractionOf(this.#system.randomId());
    return { kind: 'later', quota, dueAtMs: nowMs + awayMs(record.closed, fraction, nowMs) };
  }

  #isNear(dueAtMs: number, inPlaceMs: number): boolean {
    return dueAtMs - this.#system.now() <= inPlaceMs;
  }

  async #sleepUntil(dueAtMs: number, signal: AbortSignal): Promise<void> {
    await this.#system.sleep(Math.ceil(dueAtMs - this.#system.now()), signal);
    signal.throwIfAborted();
  }
}

type Turn =
  | { readonly kind: 'go'; readonly pass: QuotaPass }
  | Later
  | TooLate
  /** There is no place to go on with. */
  | { readonly kind: 'again'; readonly lane?: 'fast' };
