/**
 * The world outside: a model, hotels, banks. It counts what was really asked and done.
 *
 * Boundary: knows nothing of ledgers and fences; it recognizes a repeat by its idempotency key, as a
 * good API does.
 */
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import type { ModelRequest, ModelResponse, System } from '#runtime/ports.ts';
import type { Evidence, Place } from './evidence.ts';
import type { Faults } from './faults.ts';
import type { Random } from './random.ts';

interface Surroundings {
  readonly system: System;
  readonly faults: Faults;
  readonly random: Random;
  readonly evidence: Evidence;
}

export interface Change extends Pick<Place, 'run' | 'path'> {
  readonly name: string;
  readonly policy: 'retry' | 'fail' | 'reconcile';
}

export class Outside {
  readonly #around: Surroundings;
  /** What was done, by key: a repeat finds it. */
  readonly #done = new Map<string, string>();
  #serial = 0;
  #stormUntilMs = 0;
  #outUntilMs = 0;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Numbers what is asked of the world, over all runs. */
  nextSerial(): number {
    this.#serial += 1;
    return this.#serial;
  }

  /** Changes the world once per key; a repeat gets what the first one got. */
  change(by: string, { run, path, name, policy }: Change, key: string): string {
    const before = this.#done.get(key);
    const result = before ?? `${name}-${this.nextSerial()}`;
    this.#done.set(key, result);
    const isFirst = before === undefined;
    this.#around.evidence.add(by, {
      kind: 'performed',
      run,
      path,
      name,
      key,
      policy,
      result,
      isFirst,
    });
    return result;
  }

  find(key: string): string | undefined {
    return this.#done.get(key);
  }

  /**
   * Before it does anything, the other side may refuse, and says so; or break down or hang, which says
   * nothing.
   */
  async mood(signal: AbortSignal): Promise<'well' | 'breaks-after'> {
    const { faults, system } = this.#around;
    if (!faults.strikes('effect-failed')) return 'well';
    switch (faults.lasting('effect-failed', 0, 5)) {
      case 0:
        throw new RetryableError('the other side is busy and did nothing');
      case 1:
        throw new TerminalError('the card is declined', { errorName: 'Card.Declined' });
      case 2:
        throw new TypeError('the connection broke before anything was sent');
      case 3:
        await system.sleep(faults.lasting('effect-failed', 1000, 40_000), signal);
        return 'well';
      default:
        return 'breaks-after';
    }
  }

  /** A model whose every reply is another one: it holds the serial of its question. */
  async reply(request: ModelRequest, serial: number): Promise<ModelResponse> {
    await this.#think(request);
    return replyTo(request, serial);
  }

  async #think({ signal }: ModelRequest): Promise<void> {
    const { faults, system, random } = this.#around;
    if (faults.strikes('model-storm')) {
      this.#stormUntilMs = system.now() + faults.lasting('model-storm', 5000, 60_000);
    }
    if (faults.strikes('model-outage')) {
      this.#outUntilMs = system.now() + faults.lasting('model-outage', 5000, 60_000);
    }
    if (system.now() < this.#outUntilMs && !faults.isHealed) throw unavailable();
    if (system.now() < this.#stormUntilMs && !faults.isHealed) throw throttled(3);
    if (faults.strikes('model-throttled')) {
      throw throttled(faults.lasting('model-throttled', 1, 40));
    }
    if (faults.strikes('model-failed')) throw unavailable();
    await system.sleep(random.chance(0.1) ? random.between(2000, 25_000) : 300, signal);
    signal.throwIfAborted();
  }
}

const unavailable = (): RetryableError =>
  new RetryableError('the provider answered 503', { code: 'MODEL_UNAVAILABLE' });

const throttled = (retryAfterSeconds: number): RetryableError =>
  new RetryableError('the provider answered 429', { code: 'MODEL_THROTTLED', retryAfterSeconds });

function replyTo({ prompt, schema, tools, turns }: ModelRequest, serial: number): ModelResponse {
  const text = `reply ${serial}`;
  const wantsTools = tools !== undefined && turns === undefined;
  return {
    text,
    ...(wantsTools && {
      reply: [],
      toolRequests: [
        { id: '1', name: 'sign', input: { by: 'me' } },
        { id: '2', name: 'sign', input: { by: 'you' } },
      ],
    }),
    ...(schema && { object: { text, size: serial % 2 === 0 ? 'small' : 'large' } }),
    model: 'simulated',
    usage: { inputTokens: 300 + prompt.length, outputTokens: 40 },
  };
}

/** The serial of the question that a reply is an answer to. */
export const serialIn = (reply: string): number => Number(/reply (\d+)/.exec(reply)?.[1]);
