/**
 * Starts a run of every row, at a bounded rate.
 *
 * Invariants
 * B2. A row is sent under its own key, so sending it again starts nothing twice.
 * B3. What the API has against one row concerns that row; anything else ends the whole, because it
 *     would meet every row.
 */
import type { SignalboxClient } from '#runtime/client/client.ts';
import { ProblemError } from '#runtime/client/errors.ts';
import { type Pace, paced } from './pace.ts';
import type { RowKey } from './row-keys.ts';
import type { InputRow, RowProblem } from './rows.ts';

export interface BulkStart extends Omit<Pace, 'atOnce'> {
  readonly workflow: string;
  readonly rows: readonly InputRow[];
  readonly keyOf: RowKey;
  /** Of a run that is started now. @default - the workflow's own */
  readonly deadline: (() => Date) | undefined;
  /** Called whenever one of the counts has changed. */
  readonly onProgress: (progress: BulkProgress) => void;
}

export interface BulkProgress {
  readonly rows: number;
  readonly started: number;
  readonly refused: number;
  /** Sent, and not answered yet. */
  readonly underWay: number;
  /** Of these, whom the API has told to come back when it is their turn. */
  readonly waiting: number;
  /** What made the last of them wait. */
  readonly fullStage: string;
}

export interface BulkOutcome {
  readonly started: readonly { readonly line: number; readonly run: string }[];
  readonly refused: readonly RowProblem[];
  /** Rows that were not started, or of which nobody knows. */
  readonly left: number;
  /** What ended it before its time; absent when nothing did. */
  readonly error?: unknown;
}

/** More would only hold more places in a line that is full. */
const AT_ONCE = 16;
/** However long the line is: nobody watches each row. A day. */
const PATIENCE_SECONDS = 86_400;

export async function startRows(
  client: Pick<SignalboxClient, 'startRun'>,
  { workflow, rows, keyOf, deadline, onProgress, ...pace }: BulkStart,
): Promise<BulkOutcome> {
  const started: { line: number; run: string }[] = [];
  const refused: RowProblem[] = [];
  const failure = new AbortController();
  const signal = AbortSignal.any([pace.signal, failure.signal]);
  const underWay = new Set<InputRow>();
  const waiting = new Set<InputRow>();
  let fullStage = '';
  const tell = (): void =>
    onProgress({
      rows: rows.length,
      started: started.length,
      refused: refused.length,
      underWay: underWay.size,
      waiting: waiting.size,
      fullStage,
    });
  await paced(rows, { ...pace, signal, atOnce: AT_ONCE }, async (row) => {
    underWay.add(row);
    tell();
    try {
      const { id } = await client.startRun({
        workflow,
        input: row.input,
        idempotencyKey: keyOf(row),
        signal,
        patienceSeconds: PATIENCE_SECONDS,
        onFull: ({ stage }) => {
          waiting.add(row);
          fullStage = stage;
          tell();
        },
        ...(deadline && { deadline: deadline() }),
      });
      started.push({ line: row.line, run: id });
    } catch (error) {
      if (isOfRow(error)) refused.push({ line: row.line, problem: error.message });
      else failure.abort(error);
    }
    underWay.delete(row);
    waiting.delete(row);
    tell();
  });
  const byLine = (a: { line: number }, b: { line: number }): number => a.line - b.line;
  return {
    started: started.sort(byLine),
    refused: refused.sort(byLine),
    left: rows.length - started.length - refused.length,
    ...(failure.signal.aborted && !pace.signal.aborted && { error: failure.signal.reason }),
  };
}

/** Input that is wrong, a key of another input, an input that is too large. */
const isOfRow = (error: unknown): error is ProblemError =>
  error instanceof ProblemError && [400, 409, 413, 422].includes(error.problem.status);
