import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { LIFECYCLE_SOURCE, lifecycleDetail } from '#runtime/core/export/lifecycle.ts';
import type { LifecycleBus, System } from '#runtime/ports.ts';
import { sendUntilTaken } from '../resend.ts';

/** EventBridge's limits of one call. */
const CALL_MAX_ENTRIES = 10;
const CALL_MAX_BYTES = 256 * 1024;
const BACKOFF = { attempts: 5, baseMs: 50, capMs: 1000 };

interface Entry {
  readonly type: string;
  readonly at: Date;
  readonly detail: string;
}

/** A bus of EventBridge. */
export class EventBridgeLifecycleBus implements LifecycleBus {
  readonly #client: EventBridgeClient;
  readonly #busName: string;
  readonly #system: System;

  constructor(options: {
    readonly client: EventBridgeClient;
    readonly busName: string;
    readonly system: System;
  }) {
    this.#client = options.client;
    this.#busName = options.busName;
    this.#system = options.system;
  }

  async put(events: readonly SignalboxEvent[]): Promise<void> {
    const entries = events.map(
      (event): Entry => ({
        type: event.type,
        at: new Date(event.time),
        detail: lifecycleDetail(event),
      }),
    );
    const options = { system: this.#system, backoff: BACKOFF, what: `the bus ${this.#busName}` };
    for (const call of callsOf(entries)) {
      await sendUntilTaken(options, call, (left) => this.#send(left));
    }
  }

  /** Resolves with the entries that the bus did not take. */
  async #send(entries: readonly Entry[]): Promise<readonly Entry[]> {
    const { Entries: answers = [] } = await this.#client.send(
      new PutEventsCommand({
        Entries: entries.map(({ type, at, detail }) => ({
          EventBusName: this.#busName,
          Source: LIFECYCLE_SOURCE,
          DetailType: type,
          Time: at,
          Detail: detail,
        })),
      }),
    );
    return entries.filter((_, i) => answers[i]?.EventId === undefined);
  }
}

/** Entries in their order, as many to a call as it may carry. */
function callsOf(entries: readonly Entry[]): readonly Entry[][] {
  const calls: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.detail) + ENTRY_OVERHEAD_BYTES;
    const call = calls.at(-1);
    if (call && call.length < CALL_MAX_ENTRIES && bytes + size <= CALL_MAX_BYTES) {
      call.push(entry);
      bytes += size;
    } else {
      calls.push([entry]);
      bytes = size;
    }
  }
  return calls;
}

/** Source, type and time of an entry, which count as well. */
const ENTRY_OVERHEAD_BYTES = 200;
