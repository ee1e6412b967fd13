/**
 * Reads a message body: step 1 of the door.
 *
 * Invariants
 * M1. A body that cannot be read is described, never thrown: one bad message stays one bad message.
 * M2. A newer schema version is not a mistake: a later deploy will read it (T1).
 * M3. What is said about a bad body holds no value of it but names and versions, and never the token (T2).
 */
import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { STEP_PATH_MAX_LENGTH } from '../contracts/step-path.ts';
import {
  type RunEnvelope,
  RunEnvelopeSchema,
  SCHEMA_VERSION,
  type TaskMessage,
  TaskMessageSchema,
} from '../contracts/task-message.ts';
import { describeIssues } from './issues.ts';

export type ParsedMessage =
  | { readonly kind: 'message'; readonly message: TaskMessage }
  | NewerMessage
  | MalformedMessage;

/** What can be read of a message that this release does not understand. */
interface ReadableParts {
  /** Present when it could be read: its task can be failed. */
  readonly taskToken?: string | undefined;
  /** Present when it could be read. */
  readonly run?: RunEnvelope;
  readonly path?: string;
}

interface NewerMessage extends ReadableParts {
  readonly kind: 'newer';
  readonly schemaVersion: number;
}

export interface MalformedMessage extends ReadableParts {
  readonly kind: 'malformed';
  /** What was wrong, what was got, what is allowed. */
  readonly cause: string;
}

/** @param agent the agent whose queue the message came from */
export function parseMessage(body: string, agent: string): ParsedMessage {
  const parsed = parseAnyMessage(body);
  if (parsed.kind !== 'message' || parsed.message.step.agent === agent) return parsed;
  const { message } = parsed;
  const cause = `the message is for agent "${message.step.agent}" and came to the queue of "${agent}"`;
  return { kind: 'malformed', cause, ...readableParts(message) };
}

/** The same, whichever agent the message is for. */
export function parseAnyMessage(body: string): ParsedMessage {
  const value = parseJson(body);
  if (!value.ok) return { kind: 'malformed', cause: 'the body is not JSON' };
  const version = z.safeParse(AnyVersion, value.json);
  if (version.success && version.data.schemaVersion > SCHEMA_VERSION) {
    const { schemaVersion } = version.data;
    return { kind: 'newer', schemaVersion, ...readableParts(value.json) };
  }
  const parsed = z.safeParse(TaskMessageSchema, value.json, { error: en().localeError });
  if (!parsed.success) {
    const cause = `the body is not a task message: ${describeIssues(parsed.error.issues)}`;
    return { kind: 'malformed', cause, ...readableParts(value.json) };
  }
  return { kind: 'message', message: parsed.data };
}

const AnyVersion = z.object({ schemaVersion: z.int() });
const Token = z.object({ taskToken: z.string().check(z.minLength(1)) });
const Run = z.object({ run: RunEnvelopeSchema });
const Path = z.object({
  step: z.object({ path: z.string().check(z.maxLength(STEP_PATH_MAX_LENGTH)) }),
});

function readableParts(json: unknown): ReadableParts {
  const token = z.safeParse(Token, json);
  const run = z.safeParse(Run, json);
  const path = z.safeParse(Path, json);
  return {
    ...(token.success && { taskToken: token.data.taskToken }),
    ...(run.success && { run: run.data.run }),
    ...(path.success && { path: path.data.step.path }),
  };
}

function parseJson(text: string): { ok: true; json: unknown } | { ok: false } {
  try {
    return { ok: true, json: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}
