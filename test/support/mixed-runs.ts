/**
 * A past to look back on: some hundred runs of every kind.
 *
 * Job: workflows with model calls and effects, conversations of one message and of two, runs that fail,
 * are stopped, resumed and forked. Boundary: through the API only, as users cause them. All of a kind at
 * once, and one look at the list for all of them: asking for each would cost more than the runs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SignalboxClient } from '#runtime/client/client.ts';
import { ProblemError } from '#runtime/client/errors.ts';
import { isTerminal, type RunStatus } from '#runtime/contracts/status.ts';
import { eachAtMost } from '#runtime/lambda/each-at-most.ts';
import { readCustomers } from '../../data/leads/customers.ts';

const COUNTS = {
  leads: 66,
  forked: 8,
  broken: 6,
  questions: 54,
  stopped: 12,
  talks: 58,
  visits: 14,
};
/** Leads that the tests of lead qualification do not take. */
const FIRST_LEAD = 1000;
/** Requests at a time. */
const AT_A_TIME = 8;
const LOOK_EVERY_MS = 1000;
/** For all runs of a phase to end. */
const LIMIT_MS = 300_000;

const QUERIES = ['What is a fence?', 'What is a dead letter?', 'How do I add an agent?'];
const MESSAGE = 'user.message.received';

/** @returns the ids of at least 200 runs, all of which have ended */
export async function mixedRuns(client: SignalboxClient): Promise<readonly string[]> {
  const past = new MixedRuns(client);
  const leads = await past.each(COUNTS.leads, (i) => past.lead(i));
  const questions = await past.each(COUNTS.questions, (i) => past.question(i));
  const talks = await past.each(COUNTS.talks, (i) => past.talk(i));
  const visits = await past.each(COUNTS.visits, (i) => past.visit(i));
  // Some in mid-run, some that have not begun, some just behind their end.
  const stopped = questions.slice(-COUNTS.stopped);
  await past.of(stopped, (id) => past.stop(id));
  await past.haveEnded([...leads, ...questions, ...visits]);

  // Otherwise they would end by themselves, when they have been quiet.
  await past.of(talks, (id) => past.stop(id));
  await past.goOn(stopped);
  const forks = await past.of(leads.slice(0, COUNTS.forked), (id) =>
    client.forkRun(id, { from: 'score' }),
  );
  const broken = await past.of(leads.slice(-COUNTS.broken), (id) =>
    client.forkRun(id, { from: 'enrich', patches: { enrich: { leadId: 0 } } }),
  );
  const made = [...forks, ...broken].map(({ id }) => id);
  const all = [...leads, ...questions, ...talks, ...visits, ...made];
  await past.haveEnded(all);

  const mended = broken.slice(0, COUNTS.broken / 2).map(({ id }) => id);
  await past.of(mended, (id) =>
    client.resumeRun(id, { patches: { enrich: { leadId: 'tayko-1' } } }),
  );
  await past.haveEnded(all);
  return all;
}

const customers = readCustomers();

class MixedRuns {
  readonly #client: SignalboxClient;
  readonly #from = new Date();

  constructor(client: SignalboxClient) {
    this.#client = client;
  }

  async each<T>(count: number, work: (i: number) => Promise<T>): Promise<readonly T[]> {
    return this.of(
      Array.from({ length: count }, (_, i) => i),
      work,
    );
  }

  /** What comes of each, in their order. */
  async of<I, T>(items: readonly I[], work: (item: I) => Promise<T>): Promise<readonly T[]> {
    const results = new Map<I, T>();
    await eachAtMost(AT_A_TIME, items, async (item) => {
      results.set(item, await work(item));
    });
    return [...results.values()];
  }

  async lead(i: number): Promise<string> {
    const input = customers[FIRST_LEAD + i]?.lead;
    return (await this.#client.startRun({ workflow: 'lead-qualification', input })).id;
  }

  async question(i: number): Promise<string> {
    const input = { query: QUERIES[i % QUERIES.length], customerId: `c-past-${i}` };
    return (await this.#client.startRun({ workflow: 'support', input })).id;
  }

  /** One message, or two. */
  async talk(i: number): Promise<string> {
    const run = await this.#say(`A house with ${5 + (i % 4)} rooms, up to ${350 + i}k please.`);
    if (i % 4 === 0) await this.#say('Something cheaper?', run);
    return run;
  }

  visit(i: number): Promise<string> {
    return this.#say(`${6 + (i % 3)} rooms for at most $${450 + i},000, and we want to visit one.`);
  }

  /** Unless it has ended already. */
  async stop(run: string): Promise<void> {
    await this.#client.stopRun(run, { reason: 'nobody waits any more' }).catch((error: unknown) => {
      if (!(error instanceof ProblemError) || error.problem.status !== 409) throw error;
    });
  }

  /** Every second one of those that were stopped in time. */
  async goOn(runs: readonly string[]): Promise<void> {
    const statuses = await this.#statuses();
    const stopped = runs.filter((id) => statuses.get(id) === 'stopped');
    await this.of(
      stopped.filter((_, i) => i % 2 === 0),
      (id) => this.#client.resumeRun(id),
    );
  }

  async haveEnded(runs: readonly string[]): Promise<void> {
    const untilMs = performance.now() + LIMIT_MS;
    for (;;) {
      const statuses = await this.#statuses();
      const open = runs.filter((id) => !isTerminal(statuses.get(id) ?? 'queued'));
      if (open.length === 0) return;
      if (performance.now() > untilMs) throw new TypeError(`still open: ${open.join(', ')}`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  async #statuses(): Promise<ReadonlyMap<string, RunStatus>> {
    const statuses = new Map<string, RunStatus>();
    let cursor: string | undefined;
    do {
      const page = await this.#client.listRuns({
        from: this.#from,
        limit: 100,
        ...(cursor !== undefined && { cursor }),
      });
      for (const { id, status } of page.runs) statuses.set(id, status);
      cursor = page.next;
    } while (cursor !== undefined);
    return statuses;
  }

  async #say(text: string, run?: string): Promise<string> {
    const event = { type: MESSAGE, data: { text }, ...(run !== undefined && { run }) };
    return (await this.#client.sendEvent(event)).run;
  }
}
