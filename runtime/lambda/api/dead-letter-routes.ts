/** The routes of dead letters: list, show, redrive. */
import type { DeadLetterPage } from '../../contracts/api.ts';
import type { DeadLetter } from '../../contracts/ledger.ts';
import { tenantOfLetter } from '../../core/dead-letter-list.ts';
import { redriveBodyOf } from './change-request.ts';
import type { ApiDependencies, RouteHandler } from './dependencies.ts';
import { known, quoted, RequestRefusedError } from './problem.ts';
import { pageQueryOf, refuseParameters } from './query.ts';
import { readView } from './read-run.ts';
import { redrive } from './redrive-letter.ts';
import { jsonResponse } from './response.ts';

export const listDeadLetters =
  ({ deadLetters }: ApiDependencies): RouteHandler =>
  async ({ event, tenant }) => {
    const page: DeadLetterPage = await deadLetters.list({ tenant, ...pageQueryOf(event) });
    return jsonResponse(200, page);
  };

export const getDeadLetter =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: id }) => {
    refuseParameters(event);
    return jsonResponse(200, await letterOf(dependencies, { id, tenant }));
  };

export const redriveDeadLetter =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant, parameter: id }) => {
    refuseParameters(event);
    const body = redriveBodyOf(event);
    const letter = await letterOf(dependencies, { id, tenant });
    const { run } = await redrive(dependencies, { tenant, letter, body });
    const view = known(await readView(dependencies, { run, tenant }), run);
    const location = `${event.path.endsWith('/') ? '../' : ''}../../runs/${run}`;
    return jsonResponse(202, view, { location });
  };

const LETTER_ID = /^[0-9a-f]{32}$/;

async function letterOf(
  { deadLetters }: ApiDependencies,
  { id, tenant }: { readonly id: string; readonly tenant: string },
): Promise<DeadLetter> {
  const letter = LETTER_ID.test(id) ? await deadLetters.read(id) : null;
  if (letter && tenantOfLetter(letter) === tenant) return letter;
  throw new RequestRefusedError(
    'dead-letter-unknown',
    `There is no dead letter ${quoted(id)}; GET /dead-letters lists those that there are.`,
  );
}
