import type { SignalboxClient } from '#runtime/client/client.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { wrap } from '../draw/text.ts';
import type { Io } from '../io.ts';
import type { RunningLocal } from '../local/start-local.ts';
import { pages } from '../runs/follow.ts';
import { printLines } from '../runs/print.ts';
import type { Claims } from './claims.ts';

/** What every act plays on. */
export interface Theatre {
  readonly io: Io;
  readonly client: SignalboxClient;
  readonly local: RunningLocal;
  readonly claims: Claims;
  /** Absolute path of the folder that citations are relative to. */
  readonly project: string;
}

export const CUSTOMER = 'demo-customer';

/** `━━ 1 · Ask ━━━━━━` with a line under it that says what is going to happen. */
export function curtain({ io }: Theatre, title: string, what: string): void {
  const rule = '━'.repeat(Math.max(0, io.width - title.length - 4));
  printLines(io, ['', io.paint('bold', `━━ ${title} ${rule}`), ...aside(io, what), '']);
}

/** What a reader should know, dimmed. */
export const aside = ({ width, paint }: Io, text: string): string[] =>
  wrap(text, width).map((line) => paint('dim', line));

export async function eventsOf(client: SignalboxClient, run: string): Promise<SignalboxEvent[]> {
  const events: SignalboxEvent[] = [];
  for await (const page of pages(client, run, { follow: false })) events.push(...page);
  return events;
}
