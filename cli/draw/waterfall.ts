/**
 * Draws a trace as a waterfall: one bar per attempt, to scale, the kinds of time told apart by
 * glyph and by colour.
 *
 * Invariants
 * W1. No line is wider than `width` (40 or more).
 * W2. A call never vanishes: however short, it takes at least one cell of its bar, unless a
 *     longer call needs it.
 * W3. Without colours nothing is lost: each kind has its own glyph.
 */
import type { Trace, TraceSpan } from '#runtime/contracts/api.ts';
import { durationText } from '#runtime/contracts/duration-text.ts';
import type { Paint, Sheet, Tone } from './paint.ts';
import { glyphOf } from './status.ts';
import { cut, padEnd, padStart, widthOf } from './text.ts';

/**
 * `lost`: nobody worked, because a worker had died and no other had taken over yet; `put off`: nobody
 * worked, because the other side had asked for time.
 */
type Kind = 'queue' | 'put off' | 'model' | 'effect' | 'own' | 'lost';

const LOOKS: Readonly<Record<Kind, readonly [glyph: string, tone: Tone]>> = {
  queue: ['·', 'yellow'],
  'put off': ['┈', 'yellow'],
  model: ['█', 'magenta'],
  effect: ['◆', 'blue'],
  own: ['▒', 'green'],
  lost: ['╌', 'red'],
};

interface Segment {
  readonly kind: Kind;
  /** Milliseconds after the trace's start. */
  readonly from: number;
  readonly to: number;
}

const LONGEST_NAME = 28;
const DURATION_WIDTH = 11;
/** The glyph, and three gaps of two. */
const FRAME = 7;

export function waterfall(trace: Trace, { width, paint }: Sheet): string[] {
  const names = trace.spans.map(nameOf);
  const nameRoom = Math.min(
    LONGEST_NAME,
    Math.floor(width / 3),
    Math.max(4, ...names.map((name) => name.length)),
  );
  const bar = width - nameRoom - DURATION_WIDTH - FRAME;
  const scale = { totalMs: Math.max(1, trace.totalMs), cells: bar };
  const rows = trace.spans.map((span, i) =>
    [
      glyphOf(span.status, paint),
      padEnd(cut(names[i] ?? '', nameRoom), nameRoom),
      drawBar(segmentsOf(span, trace), scale, paint),
      padStart(durationText(wholeOf(span)), DURATION_WIDTH),
    ].join('  '),
  );
  const indent = ' '.repeat(nameRoom + 5);
  return [
    paint('dim', `${indent}${axis(trace.totalMs, bar)}`),
    ...rows,
    ...legend(trace.spans, { width, indent, paint }),
  ];
}

function nameOf({ path, attempt, reusedFrom }: TraceSpan): string {
  if (reusedFrom !== undefined) return `${path} (reused)`;
  return attempt > 1 ? `${path} (try ${attempt})` : path;
}

const wholeOf = (span: TraceSpan): number =>
  span.queuedMs + span.deferredMs + span.modelMs + span.effectMs + span.ownMs;

function axis(totalMs: number, cells: number): string {
  const end = durationText(totalMs);
  return `0${' '.repeat(Math.max(1, cells - 1 - end.length))}${end}`;
}

/** The whole of an attempt in parts: its wait, its calls, and what is left between them. */
function segmentsOf(span: TraceSpan, trace: Trace): readonly Segment[] {
  const origin = Date.parse(trace.startedAt);
  const at = (iso: string | undefined, otherwise: number): number =>
    iso === undefined ? otherwise : Math.max(0, Date.parse(iso) - origin);
  const end = at(span.endedAt, trace.totalMs);
  const started = at(span.startedAt, end);
  const calls = span.calls.map(({ kind, status, startedAt, durationMs }): Segment => {
    const from = at(startedAt, started);
    const to = status === 'running' ? end : from + (durationMs ?? 0);
    return { kind: kind === 'model' ? 'model' : 'effect', from, to };
  });
  return [
    { kind: 'queue', from: at(span.queuedAt, 0), to: started },
    { kind: 'own', from: started, to: end },
    { kind: 'lost', from: started, to: endOfLost(started, span.lostMs, calls) },
    ...span.deferrals.map(
      ({ from, until }): Segment => ({
        kind: 'put off',
        from: at(from, started),
        to: at(until, end),
      }),
    ),
    ...calls,
  ];
}

/** What was lost lies between the first claim and the last one, but for the calls in between. */
function endOfLost(started: number, lostMs: number, calls: readonly Segment[]): number {
  let until = started;
  let left = lostMs;
  for (const { from, to } of [...calls].sort((a, b) => a.from - b.from)) {
    const gap = Math.max(0, from - until);
    if (gap >= left) break;
    left -= gap;
    until = Math.max(until, to);
  }
  return until + left;
}

function drawBar(
  segments: readonly Segment[],
  scale: { readonly totalMs: number; readonly cells: number },
  paint: Paint,
): string {
  const cells = new Array<Kind | null>(scale.cells).fill(null);
  // Calls come last, short ones after long ones: what lies inside is drawn over what is around it (W2).
  const rank = ({ kind, from, to }: Segment): number =>
    isCall(kind) ? to - from : Number.POSITIVE_INFINITY;
  for (const { kind, from, to } of [...segments].sort((a, b) => compare(rank(b), rank(a)))) {
    if (to <= from && !isCall(kind)) continue;
    const first = Math.min(scale.cells - 1, Math.floor((from / scale.totalMs) * scale.cells));
    const after = Math.min(scale.cells, Math.round((to / scale.totalMs) * scale.cells));
    cells.fill(kind, first, Math.max(first + 1, after));
  }
  return runsOf(cells)
    .map(([kind, length]) =>
      kind === null ? ' '.repeat(length) : paint(LOOKS[kind][1], LOOKS[kind][0].repeat(length)),
    )
    .join('');
}

const isCall = (kind: Kind): boolean => kind === 'model' || kind === 'effect';

const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

/** Neighbours of one kind together, so that a bar carries few colour codes. */
function runsOf(cells: readonly (Kind | null)[]): (readonly [Kind | null, number])[] {
  const runs: [Kind | null, number][] = [];
  for (const kind of cells) {
    const last = runs.at(-1);
    if (last && last[0] === kind) last[1] += 1;
    else runs.push([kind, 1]);
  }
  return runs;
}

const LEGEND_GAP = '   ';

/** What the glyphs mean, with the sum of each kind; on further lines where one does not fit. */
function legend(
  spans: readonly TraceSpan[],
  { width, indent, paint }: { width: number; indent: string; paint: Paint },
): string[] {
  const sum = (pick: (span: TraceSpan) => number): number =>
    spans.reduce((total, span) => total + pick(span), 0);
  const sums: Readonly<Record<Kind, number>> = {
    queue: sum((span) => span.queuedMs),
    'put off': sum((span) => span.deferredMs),
    model: sum((span) => span.modelMs),
    effect: sum((span) => span.effectMs),
    own: sum((span) => span.ownMs - span.lostMs),
    lost: sum((span) => span.lostMs),
  };
  const kinds: readonly Kind[] = [
    'queue',
    ...(sums['put off'] > 0 ? (['put off'] as const) : []),
    ...(['model', 'effect', 'own'] as const),
    ...(sums.lost > 0 ? (['lost'] as const) : []),
  ];
  const entries = kinds.map(
    (kind) => `${paint(LOOKS[kind][1], LOOKS[kind][0])} ${kind} ${durationText(sums[kind])}`,
  );
  const whole = indent + entries.join(LEGEND_GAP);
  return widthOf(whole) <= width ? [whole] : packed(entries, width);
}

/** As many entries on a line as fit. */
function packed(entries: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const entry of entries) {
    const last = lines.at(-1);
    const longer = `${last}${LEGEND_GAP}${entry}`;
    if (last !== undefined && widthOf(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(`   ${entry}`);
  }
  return lines;
}
