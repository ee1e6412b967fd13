import * as z from 'zod/mini';
import type { RunView } from '#runtime/contracts/api.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';

const CitationSchema = z.object({ file: z.string(), heading: z.string() });
export type Citation = z.infer<typeof CitationSchema>;

const OutputSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('answered'), answer: z.string(), citations: z.array(CitationSchema) }),
  z.object({ kind: z.literal('handed-off'), ticketId: z.string(), summary: z.string() }),
]);
export type SupportOutput = z.infer<typeof OutputSchema>;

/** What the support workflow gave; `null` when the run has no such output. */
export function supportOutput(run: RunView): SupportOutput | null {
  const parsed = z.safeParse(OutputSchema, run.output);
  return parsed.success ? parsed.data : null;
}

/** A run of the demo, when it has ended. */
export interface Told {
  readonly question: string;
  readonly run: RunView;
  readonly events: readonly SignalboxEvent[];
}

/** What act two did, and how often the outside saw the effect. */
export interface Broken {
  /** Messages that carried the task. */
  readonly deliveries: number;
  readonly kills: number;
  /** Tickets in the ticket system. */
  readonly effects: number;
}

/** The document that `--json FILE` writes. */
export const reportOf = (runs: readonly Told[], broken: Broken, elapsedMs: number) => ({
  runs: runs.map(({ question, run, events }) => ({
    runId: run.id,
    question,
    ...answerOf(supportOutput(run)),
    status: run.status,
    steps: run.steps.map(({ path, attempts, queuedMs, runMs }) => ({
      path,
      attempts,
      queuedMs,
      runMs,
    })),
    eventTypes: events.map(({ type }) => type),
  })),
  broken,
  elapsedSeconds: Math.round(elapsedMs / 100) / 10,
});

function answerOf(output: SupportOutput | null): { answer: string; citations: Citation[] } {
  switch (output?.kind) {
    case 'answered':
      return { answer: output.answer, citations: output.citations };
    case 'handed-off':
      return { answer: `Handed to a person: ticket ${output.ticketId}.`, citations: [] };
    case undefined:
      return { answer: '', citations: [] };
  }
}
