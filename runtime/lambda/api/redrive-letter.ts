/**
 * Performs `core/redrive.ts`.
 *
 * Order: the run is resumed, then its event. Whoever repeats an unanswered request finds the run
 * resumed, and tells it then.
 */
import type { DeadLetter, RunRecord } from '../../contracts/ledger.ts';
import {
  isInForce,
  isRedrivable,
  type RedrivableLetter,
  redrivenEvent,
} from '../../core/redrive.ts';
import type { ApiDependencies } from './dependencies.ts';
import { RequestRefusedError } from './problem.ts';
import { redriveReaction } from './redrive-reaction.ts';
import { resume } from './resume-run.ts';
import { recordOf } from './run-record.ts';

export interface Redrive {
  readonly tenant: string;
  readonly letter: DeadLetter;
  /** Of the step that died; absent: the workflow's own. */
  readonly body: { readonly input?: unknown; readonly reason: string };
}

/** @throws RequestRefusedError when there is nothing to redrive, or the run is in no state to be resumed. */
export async function redrive(ports: ApiDependencies, request: Redrive): Promise<RunRecord> {
  const { tenant, letter, body } = request;
  if (!isRedrivable(letter)) {
    throw new RequestRefusedError(
      'dead-letter-no-step',
      `Dead letter ${letter.id} (${letter.code} of ${letter.agent}) is of no step of a run, so there is nothing to go on with; its cause says what to do.`,
    );
  }
  const dead = await recordOf(ports, { run: letter.run, tenant });
  if (dead.kind === 'reactive') return redriveReaction(ports, { record: dead, letter, body });
  const record = await resume(ports, {
    run: letter.run,
    tenant,
    body: {
      generation: letter.gen,
      patches: patchesOf(letter, body),
      reason: body.reason || `dead letter ${letter.id} was redriven`,
    },
  });
  refuseOtherInput(record, letter, body);
  const event = redrivenEvent(record, letter);
  if (event) await ports.events.append([event]);
  return record;
}

function patchesOf(letter: RedrivableLetter, body: Redrive['body']): Record<string, unknown> {
  if (!('input' in body)) return {};
  if (letter.path !== undefined) return { [letter.path]: body.input };
  throw new RequestRefusedError(
    'dead-letter-no-step',
    `Dead letter ${letter.id} does not tell which step it is of, so no input can be put in its place; redrive it without one.`,
  );
}

/** The generation was followed before, by somebody who wanted something else (W1). */
function refuseOtherInput(
  record: RunRecord,
  { id, path = '' }: RedrivableLetter,
  body: Redrive['body'],
): void {
  if (!('input' in body) || isInForce(record, path, body.input)) return;
  throw new RequestRefusedError(
    'dead-letter-redriven',
    `Run ${record.run} was resumed since dead letter ${id} was parked, and its step has another input; the run is in generation ${record.gen}. If that one ends badly, resume it with the input: POST /runs/${record.run}/resume.`,
  );
}
