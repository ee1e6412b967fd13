/**
 * Reads what a request to start a run says beside its path.
 *
 * Boundary: the REST API's event (payload version 1.0); nothing here knows workflows or runs.
 * Invariant Q1: a value that cannot be used is refused by name, with what is allowed; none is
 * ignored in silence but `traceparent`, which tracing standards want ignored when it is invalid.
 */
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { PLACE_HEADER } from '../../contracts/admission.ts';
import { STATE_MAX_BYTES } from '../../core/limits.ts';
import { isTraceparent } from '../../core/traceparent.ts';
import { quoted, RequestRefusedError } from './problem.ts';

const ENVELOPE_MAX_BYTES = 2 * 1024;
const BRACES = '{"sb":,"input":}'.length;

/** Largest input of a run, in bytes of JSON: what Step Functions takes, less the run's envelope. */
const INPUT_MAX_BYTES = STATE_MAX_BYTES - ENVELOPE_MAX_BYTES - BRACES;

const WAIT_MAX_SECONDS = 25;

const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/;

/** A header's value, its name in any case. */
function headerOf({ headers }: APIGatewayProxyEvent, name: string): string | null {
  const found = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return found?.[1] ?? null;
}

/** `null` when the caller sends none. */
export function idempotencyKeyOf(event: APIGatewayProxyEvent): string | null {
  const key = headerOf(event, 'idempotency-key');
  if (key === null || KEY.test(key)) return key;
  throw new RequestRefusedError(
    'header-invalid',
    `Idempotency-Key is ${quoted(key)}; allowed: 1 to 128 printable ASCII characters, no blank at either end`,
  );
}

/** Seconds to wait for the end of the run, from `Prefer: wait=20`; other preferences are not ours. */
export function waitSecondsOf(event: APIGatewayProxyEvent): number {
  const preferences = (headerOf(event, 'prefer') ?? '').split(/[,;]/);
  const wait = preferences.map((text) => text.trim()).find((text) => /^wait\s*(=|$)/i.test(text));
  if (wait === undefined) return 0;
  const seconds = /^wait\s*=\s*(\d{1,2})$/i.exec(wait)?.[1];
  if (seconds !== undefined && Number(seconds) <= WAIT_MAX_SECONDS) return Number(seconds);
  throw new RequestRefusedError(
    'header-invalid',
    `Prefer has ${quoted(wait)}; allowed: wait=0 to wait=${WAIT_MAX_SECONDS}, in whole seconds`,
  );
}

/** Epoch milliseconds, `null` when the caller sets none. */
export function deadlineMsOf(event: APIGatewayProxyEvent): number | null {
  const text = headerOf(event, 'signalbox-deadline');
  if (text === null) return null;
  const ms = instantOf(text);
  if (ms !== null) return ms;
  throw new RequestRefusedError(
    'header-invalid',
    `Signalbox-Deadline is ${quoted(text)}; allowed: an instant with its offset, like 2026-11-24T13:05:00Z`,
  );
}

/** The place of a 429, as it was given; `null` when the caller brings none back. */
export const placeHeaderOf = (event: APIGatewayProxyEvent): string | null =>
  headerOf(event, PLACE_HEADER.toLowerCase());

/** `null` when there is none, or none that is valid. */
export function traceparentHeaderOf(event: APIGatewayProxyEvent): string | null {
  const text = headerOf(event, 'traceparent');
  return text !== null && isTraceparent(text) ? text : null;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** An ISO 8601 instant in epoch milliseconds, `null` when the text is none. */
export function instantOf(text: string): number | null {
  const ms = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** The body's JSON. */
export function jsonBodyOf(event: APIGatewayProxyEvent): unknown {
  const type = headerOf(event, 'content-type');
  if (type !== null && !/^application\/json\s*(;|$)/i.test(type.trim())) {
    throw new RequestRefusedError(
      'content-type-unsupported',
      `Content-Type is ${quoted(type)}; allowed: application/json`,
      { headers: { accept: 'application/json' } },
    );
  }
  return parse(textOf(event));
}

/** The body's JSON; an empty object where there is none. */
export const optionalBodyOf = (event: APIGatewayProxyEvent): unknown =>
  (event.body ?? '').trim() === '' ? {} : jsonBodyOf(event);

function textOf({ body, isBase64Encoded }: APIGatewayProxyEvent): string {
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  refuseTooLarge('The body', bytes.length);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RequestRefusedError('body-invalid', 'The body is not UTF-8; JSON is sent as UTF-8.');
  }
}

export function refuseTooLarge(what: string, bytes: number): void {
  if (bytes <= INPUT_MAX_BYTES) return;
  throw new RequestRefusedError(
    'body-too-large',
    `${what} is ${bytes} bytes; allowed: ${INPUT_MAX_BYTES}, which is the most that is carried from step to step. Store the large part elsewhere and pass a reference.`,
  );
}

function parse(text: string): unknown {
  if (text.trim() === '') {
    throw new RequestRefusedError('body-invalid', 'The body is empty; send JSON.');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it cannot be read';
    throw new RequestRefusedError('body-invalid', `The body is not JSON: ${quoted(reason)}`);
  }
}
