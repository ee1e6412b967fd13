import { eventPosition, type SignalboxEvent } from '#runtime/contracts/event.ts';
import { inboxKey } from '#runtime/core/ledger-item.ts';
import { boundedJson, EVENT_MAX_BYTES } from '#runtime/core/limits.ts';
import type { Inbox, Put } from '#runtime/ports.ts';

/** Events from outside, in memory; kept as text, so that what is read is a copy. */
export class MemoryInbox implements Inbox {
  readonly #texts = new Map<string, string>();

  async put(event: SignalboxEvent): Promise<Put<SignalboxEvent>> {
    const key = keyOf(event);
    const text = boundedJson(`event ${event.type}`, event, EVENT_MAX_BYTES);
    const there = this.#texts.get(key);
    if (there !== undefined) return { kind: 'conflict', current: JSON.parse(there) };
    this.#texts.set(key, text);
    return { kind: 'written' };
  }

  async read(key: { readonly run: string; readonly id: string }): Promise<SignalboxEvent | null> {
    const text = this.#texts.get(keyOf(key));
    return text === undefined ? null : JSON.parse(text);
  }

  async list(run: string): Promise<readonly SignalboxEvent[]> {
    const under = keyOf({ run, id: '' });
    return [...this.#texts]
      .filter(([key]) => key.startsWith(under))
      .map(([, text]): SignalboxEvent => JSON.parse(text))
      .sort((a, b) => (eventPosition(a) < eventPosition(b) ? -1 : 1));
  }
}

function keyOf(key: { readonly run: string; readonly id: string }): string {
  const { pk, sk } = inboxKey(key);
  return `${pk}\n${sk}`;
}
