import * as z from 'zod/mini';
import { durationText } from '#runtime/contracts/duration-text.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { usdText } from '#runtime/contracts/money-text.ts';
import { causeText } from './cause.ts';
import { clockTime } from './instant.ts';
import type { Sheet, Tone } from './paint.ts';
import { clean, cut, padEnd } from './text.ts';

/** What the payloads of platform events may say; each type fills its own part. */
const DataSchema = z.object({
  start: z.optional(z.number()),
  durationMs: z.optional(z.number()),
  call: z.optional(z.string()),
  kind: z.optional(z.string()),
  model: z.optional(z.string()),
  usage: z.optional(z.object({ inputTokens: z.number(), outputTokens: z.number() })),
  usd: z.optional(z.number()),
  policy: z.optional(z.string()),
  code: z.optional(z.string()),
  why: z.optional(z.string()),
  message: z.optional(z.string()),
  error: z.optional(z.string()),
  cause: z.optional(z.string()),
  dueAt: z.optional(z.string()),
  reusedFrom: z.optional(z.string()),
  forkedFrom: z.optional(z.object({ run: z.string(), from: z.nullable(z.string()) })),
  reason: z.optional(z.string()),
  failure: z.optional(z.object({ code: z.string(), message: z.string() })),
});
type EventData = z.infer<typeof DataSchema>;

const PLATFORM = 'signalbox.';

export interface EventLineOptions extends Sheet {
  /** Width of the widest step path. */
  readonly names: number;
}

/** Width of the widest step path among events, at least that of the word `step`. */
export const subjectWidth = (events: readonly SignalboxEvent[]): number =>
  Math.max(8, ...events.map(({ subject }) => subject?.length ?? 0));

/** One line: clock time, step, type without the platform's prefix, and what is worth knowing. */
export function eventLine(event: SignalboxEvent, options: EventLineOptions): string {
  const { width, paint, names } = options;
  const type = shortType(event);
  const time = clockTime(event.time);
  const subject = padEnd(event.subject ?? '', names);
  const room = width - time.length - names - TYPE_WIDTH - 6;
  const details = detailsIn(event, { width: room, paint });
  const line = [
    paint('dim', time),
    subject,
    padEnd(paint(toneOf(event), type), TYPE_WIDTH),
    details,
  ];
  return details === '' ? line.slice(0, 3).join('  ').trimEnd() : line.join('  ');
}

const TYPE_WIDTH = 16;

/** Without the platform's prefix. */
export const shortType = ({ type }: SignalboxEvent): string =>
  type.startsWith(PLATFORM) ? type.slice(PLATFORM.length) : type;

/** What is worth knowing of an event, as far as it fits into the sheet. */
export function detailsIn(event: SignalboxEvent, { width, paint }: Sheet): string {
  const details = cut(clean(detailsOf(event).join(' · ')), Math.max(0, width));
  if (details === '') return '';
  return paint(isRestart(event) ? 'yellow' : 'dim', details);
}

/** A later start of one attempt: its worker before was lost. */
export const isRestart = (event: SignalboxEvent): boolean =>
  event.type === 'signalbox.step.started' && (dataOf(event)?.start ?? 1) > 1;

export function toneOf({ type }: SignalboxEvent): Tone {
  if (/\.(failed|expired|stopped|uncertain|exhausted|parked)$/.test(type)) return 'red';
  if (/\.(retried|deferred|dropped)$/.test(type)) return 'yellow';
  if (/^signalbox\.(run|step)\.succeeded$/.test(type)) return 'green';
  return type.startsWith(PLATFORM) ? 'cyan' : 'magenta';
}

const dataOf = (event: SignalboxEvent): EventData | null => {
  const parsed = z.safeParse(DataSchema, event.data);
  return parsed.success ? parsed.data : null;
};

function detailsOf(event: SignalboxEvent): string[] {
  const data = event.type.startsWith(PLATFORM) ? dataOf(event) : null;
  if (data === null) return [JSON.stringify(event.data) ?? ''];
  const { start = 1, durationMs, call, kind, model, usage, usd, policy } = data;
  return [
    start > 1 && `↻ start ${start}: the worker before was lost`,
    call !== undefined && (kind === undefined ? call : `${kind} ${call}`),
    durationMs !== undefined && `${durationText(durationMs)}${sinceOf(event)}`,
    ...originOf(event, data),
    usage && `${usage.inputTokens} + ${usage.outputTokens} tokens`,
    usd !== undefined && usdText(usd),
    model,
    policy !== undefined && `policy ${policy}`,
    badEnd(data),
  ].filter((part) => typeof part === 'string');
}

/** Of a run's end: its sentence counts from the acceptance, and the two stand side by side. */
const sinceOf = ({ type }: SignalboxEvent): string =>
  type.startsWith('signalbox.run.') ? ' since run.started' : '';

/** Where a run or a result comes from, and when it goes on. */
const originOf = (
  { gen, type }: SignalboxEvent,
  { dueAt, reusedFrom, forkedFrom, reason }: EventData,
) => [
  dueAt !== undefined && `until ${clockTime(dueAt)}`,
  reusedFrom !== undefined && `reused from ${reusedFrom}`,
  forkedFrom && `fork of ${forkedFrom.run} from ${forkedFrom.from ?? 'the start'}`,
  gen > 0 && type === 'signalbox.run.accepted' && `generation ${gen}`,
  reason,
];

function badEnd({ error, code, why, cause, message, failure }: EventData): string | undefined {
  const name = failure?.code ?? error ?? code ?? why;
  return name && `${name}: ${failure?.message ?? (cause && causeText(cause)) ?? message ?? ''}`;
}
