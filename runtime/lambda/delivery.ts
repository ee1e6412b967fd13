import type { RunRecord, StepRecord } from '../contracts/ledger.ts';
import type { Envelope } from '../core/dead-letter.ts';
import type { ParsedMessage } from '../core/parse-message.ts';
import type { AgentCode } from './agent-code.ts';
import type { ControlWatch } from './control-watch.ts';
import type { DoorPorts } from './door-ports.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { SendTogether } from './send-together.ts';

/** What Lambda tells about the time that is left. */
export interface Remaining {
  getRemainingTimeInMillis(): number;
}

/** One invocation: what its pipelines share. */
export interface Door {
  readonly code: AgentCode;
  readonly ports: DoorPorts;
  readonly keepAlive: KeepAlive;
  readonly watch: ControlWatch;
  readonly sending: SendTogether;
  readonly remainingMs: () => number;
}

/** A message as the queue hands it out. */
export interface Delivery extends Envelope {
  readonly receiptHandle: string;
  /** 1 at the first receipt. */
  readonly receiveCount: number;
  readonly parsed: ParsedMessage;
}

/** What the ledger knows of a message's step. */
export interface Found {
  readonly step: StepRecord | null;
  /** The control record of the run's tree. */
  readonly run: RunRecord | null;
}

/**
 * What becomes of a message. `done`: the queue may forget it. Otherwise it has to come back: `later`,
 * when what it needed may be there again; `unstarted`, to an invocation with more time; or in so many
 * seconds.
 */
export type Verdict = 'done' | 'later' | 'unstarted' | { readonly seconds: number };
