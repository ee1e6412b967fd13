/**
 * The calls of one attempt in the lines of their quotas.
 *
 * Job: let a call begin when its turn has come in each of them, tell the quotas how it went, and put the
 * attempt off when nothing is left to do before a turn that comes later. Lines and buckets:
 * `quota-gate.ts`.
 *
 * Invariants
 * U1. No call of a quota begins without a place that is due (R7), nor on knowledge of its run that is as
 *     old as its wait (R6, R10).
 * U2. A place is held until its call is made: an attempt that is put off takes it along.
 * U3. An attempt is put off only while none of its calls is under way: what they give is paid for.
 * U4. Being put off is the attempt's end for now, which its code can neither catch nor delay.
 * U5. An answer goes on record without waiting for the quotas to hear of it.
 * U6. A call that tries for all whether an outage is over costs its step no attempt when it is not.
 */
import { TerminalError } from '../contracts/errors.ts';
import type { QuotaTicket } from '../contracts/quota.ts';
import { callOutcome } from '../core/call-outcome.ts';
import { IN_PLACE_MS } from '../core/come-back.ts';
import { QuotaWaitError, type Turn } from '../core/defer-step.ts';
import type { QuotaOutcome } from '../core/quota-outcome.ts';
import type { Attempt } from './attempt.ts';
import type { LinedUp, Made, QuotaLines } from './call-turns.ts';
import type { QuotaGate, QuotaPass, QuotaRequest } from './quota-gate.ts';

/** So often a call is refused as one too many before its attempt is put off: the line knows no better than its caller. */
const MOST_REFUSALS = 3;

/** Between two calls of a branch its code runs, and may begin the next one. */
const BETWEEN_CALLS_MS = 20;

/** An attempt's end is on record that much later at most because a quota is slow to hear of its answers. */
const TELLING_MS = 1000;

export class QuotaTurns {
  readonly #attempt: Attempt;
  readonly #gate: QuotaLines['gate'];
  /** By call and quota. */
  readonly #tickets: Map<string, QuotaTicket>;
  /** Turns that come later than a call waits in place, by call. */
  readonly #later = new Map<string, Turn>();
  readonly #telling = new Set<Promise<unknown>>();
  /** When the attempt was to set out for its turn; `null` once it has come for it. */
  #wakeAtMs: number | null;

  constructor(attempt: Attempt, { gate, held, wakeAtMs }: QuotaLines) {
    this.#attempt = attempt;
    this.#gate = gate;
    this.#wakeAtMs = wakeAtMs;
    this.#tickets = new Map(held.map((ticket) => [ticketKey(ticket), ticket]));
  }

  /** Places of calls that have not been made. */
  get held(): readonly QuotaTicket[] {
    return [...this.#tickets.values()];
  }

  /**
   * Makes a call in its turn in all of its quotas, and again when it was refused as one too many, or has
   * found out that an outage goes on.
   * @param make is told how long the call has waited in place
   * @throws what `make` throws; TerminalError when the turn comes too late for the run's deadline
   */
  async make<T>(call: LinedUp, make: (waitedMs: number) => Promise<Made<T>>): Promise<T> {
    for (let refusals = 1; ; refusals += 1) {
      const { passes, waitedMs } = await this.#turn(call);
      try {
        const { value, tokens } = await make(waitedMs);
        this.#tell(passes, { kind: 'answered', usedTokens: tokens });
        return value;
      } catch (thrown) {
        const failure = await this.#reportFailure(call, passes, thrown);
        if (failure === 'own' || this.#attempt.signal.aborted) throw thrown;
        if (failure === 'one-too-many' && refusals >= MOST_REFUSALS) throw thrown;
      }
    }
  }

  /** Resolves when the quotas have been told of all answers, or are too slow to be waited for. */
  async told(): Promise<void> {
    if (this.#telling.size === 0) return;
    const ended = new AbortController();
    const late = this.#attempt.parts.system.sleep(TELLING_MS, ended.signal);
    await Promise.race([Promise.all(this.#telling), late]);
    ended.abort();
  }

  /** A call of the attempt has ended: the last one that was under way, perhaps. */
  async callEnded(): Promise<void> {
    if (this.#later.size === 0) return;
    await this.#attempt.parts.system.sleep(BETWEEN_CALLS_MS, this.#attempt.signal);
    this.#putOffIfIdle();
  }

  /** Resolves when the call's turn has come in all quotas. */
  async #turn(
    call: LinedUp,
  ): Promise<{ readonly passes: readonly QuotaPass[]; readonly waitedMs: number }> {
    const { system, confirmRun } = this.#attempt.parts;
    const { signal } = this.#attempt;
    const sinceMs = system.now();
    for (;;) {
      const entered = await this.#enterAll(call);
      if ('passes' in entered) {
        await confirmRun(signal);
        this.#attempt.assertLive();
        return { ...entered, waitedMs: Math.max(0, system.now() - sinceMs) };
      }
      await this.#standBy(call, entered);
    }
  }

  /** Lets the call through all gates, or gives the turn that comes later; places of the others stay held. */
  async #enterAll(call: LinedUp): Promise<{ readonly passes: readonly QuotaPass[] } | Turn> {
    const gate = await this.#gate();
    const passes: QuotaPass[] = [];
    for (const quota of call.quotas) {
      const key = keyOf(call.call, quota);
      const entry = await gate.enter(this.#request(call, quota), this.#brought(key, gate));
      this.#tickets.delete(key);
      if (entry.kind === 'go') passes.push(entry.pass);
      else if (entry.kind === 'too-late') throw tooLate(call, entry);
      else {
        const { ticket, dueAtMs } = entry;
        this.#hold([...passes.map((pass) => pass.ticket), ...(ticket ? [ticket] : [])]);
        const lead = ticket ? gate.leadMs(this.#attempt.parts.contract.timeoutSeconds) : 0;
        return { quota, dueAtMs, wakeAtMs: dueAtMs - lead, isHeld: ticket !== undefined };
      }
    }
    return { passes };
  }

  /** The place that a call brings along. How late the first one comes tells of wakes; others come when it is done. */
  #brought(key: string, gate: QuotaGate): QuotaTicket | undefined {
    const held = this.#tickets.get(key);
    if (held && this.#wakeAtMs !== null) {
      gate.woken(this.#wakeAtMs);
      this.#wakeAtMs = null;
    }
    return held;
  }

  /** A call that would have probed a closed quota has no place to keep. */
  #hold(tickets: readonly QuotaTicket[]): void {
    for (const ticket of tickets) {
      if (ticket.places.length > 0) this.#tickets.set(ticketKey(ticket), ticket);
    }
  }

  #request({ call, tokens }: LinedUp, quota: string): QuotaRequest {
    const { message, deadlineMs } = this.#attempt.parts;
    const { workflow, tenant, lane } = message.run;
    return {
      quota,
      call,
      workflow,
      tenant,
      ...(lane && { lane }),
      deadlineMs,
      tokens,
      signal: this.#attempt.signal,
    };
  }

  /** Resolves when it is time to look again; until then the attempt may be put off. */
  async #standBy({ call }: LinedUp, turn: Turn): Promise<void> {
    const { system } = this.#attempt.parts;
    const { signal } = this.#attempt;
    this.#later.set(call, turn);
    this.#putOffIfIdle();
    await system.sleep(turn.dueAtMs - IN_PLACE_MS - system.now(), signal);
    this.#later.delete(call);
    signal.throwIfAborted();
  }

  #putOffIfIdle(): void {
    if (this.#attempt.callsUnderWay > this.#later.size) return;
    const [first] = [...this.#later.values()].sort((a, b) => a.dueAtMs - b.dueAtMs);
    if (first) this.#attempt.abort(new QuotaWaitError(first));
  }

  /** `away`: the call was a probe, and the outage goes on. `own`: its caller has to know. */
  async #reportFailure(
    { name, tokens }: LinedUp,
    passes: readonly QuotaPass[],
    thrown: unknown,
  ): Promise<'one-too-many' | 'away' | 'own'> {
    const outcome = callOutcome(thrown);
    if (outcome === null) return 'own';
    if (outcome.kind !== 'throttled') {
      // What was used is not known: as much as was reserved.
      const isAnswered = outcome.kind === 'answered';
      await this.#report(passes, isAnswered ? { ...outcome, usedTokens: tokens } : outcome);
      return !isAnswered && passes.some(({ isProbe }) => isProbe) ? 'away' : 'own';
    }
    const { retryAfterSeconds } = outcome;
    for (const { quota, perSecond } of await this.#report(passes, outcome)) {
      const ordinal = this.#attempt.nextEmission('signalbox.quota.throttled');
      this.#attempt.parts.journal.add(
        this.#attempt.callEvent('signalbox.quota.throttled', ordinal, {
          quota,
          call: name,
          perSecond,
          ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
        }),
      );
    }
    return 'one-too-many';
  }

  /** Beside what the caller does with the answer: an answer that is paid for waits for no line before it is on record. */
  #tell(passes: readonly QuotaPass[], outcome: QuotaOutcome): void {
    const telling = this.#report(passes, outcome).finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  }

  async #report(passes: readonly QuotaPass[], outcome: QuotaOutcome) {
    const gate = await this.#gate();
    return Promise.all(
      passes.map(async (pass) => ({
        quota: pass.quota,
        ...(await gate.report(pass, outcome)),
      })),
    );
  }
}

const keyOf = (call: string, quota: string): string => `${quota} ${call}`;

const ticketKey = ({ call, places }: QuotaTicket): string => keyOf(call, places[0]?.quota ?? '');

const tooLate = (
  { name }: LinedUp,
  { quota, dueAtMs }: { readonly quota: string; readonly dueAtMs: number },
): TerminalError =>
  new TerminalError(
    `call "${name}": its turn in the line of quota "${quota}" would come at ${new Date(dueAtMs).toISOString()}, too late to end before the run's deadline`,
    { code: 'DEADLINE_EXCEEDED' },
  );
