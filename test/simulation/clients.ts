/**
 * People and programs in front of the API: they start runs, stop, resume and fork them, ask again when no
 * answer comes, and sometimes give up.
 */
import { isTerminal } from '#runtime/contracts/status.ts';
import type { RestCall } from '../support/rest-event.ts';
import { SIMULATED_WORKFLOWS } from './contracts.ts';
import type { Random } from './random.ts';
import type { Answer, World } from './world.ts';

/** Runs beside one that is poison. */
const COMPANIONS = 6;

const WORKFLOWS = [...SIMULATED_WORKFLOWS.map(({ name }) => name), 'support'] as const;

/** Somebody who wants one run, and what becomes of it. */
export async function customer(world: World, name: string, startWithinMs: number): Promise<void> {
  const { system, faults, random: worldsRandom } = world.services;
  const random = worldsRandom.stream(name);
  await system.sleep(random.between(0, startWithinMs));
  const isPoison = faults.strikes('poison');
  const wants = (['stop', 'resume', 'fork'] as const).filter((wish) => faults.strikes(wish));
  const accepted = await twice(world, random, startCall(random, name, isPoison));
  if (accepted === null) return;
  const run: string = accepted.body.id;
  if (isPoison) await company(world, random, name);
  const meddling = { stop, resume, fork };
  await Promise.all(wants.map((wish) => meddling[wish](world, random.stream(wish), run)));
}

/** Others come about when the poison comes again: they are what it could take down with it. */
async function company(world: World, random: Random, name: string): Promise<void> {
  for (let i = 0; i < COMPANIONS; i += 1) {
    await world.services.system.sleep(random.between(14_500, 16_500));
    const call = post('/workflows/chain/runs', { trip: name, kind: 'plain' }, `${name} and ${i}`);
    void insist(world, random.stream(`companion ${i}`), call);
  }
}

function startCall(random: Random, key: string, isPoison: boolean): RestCall {
  const workflow = random.pick(WORKFLOWS) ?? 'chain';
  const input =
    workflow === 'support'
      ? { query: `What is ${key}?`, customerId: 'c-1' }
      : { trip: key, kind: isPoison ? 'poison' : 'plain' };
  return post(`/workflows/${workflow}/runs`, input, key);
}

export async function stop(world: World, random: Random, run: string): Promise<void> {
  await world.services.system.sleep(random.between(200, 60_000));
  await insist(world, random, post(`/runs/${run}/stop`, { reason: 'enough' }));
}

/** Goes on with a run that has ended badly. */
async function resume(world: World, random: Random, run: string): Promise<void> {
  const view = await ended(world, random, run);
  if (view === null || view.status === 'succeeded') return;
  await twice(world, random, post(`/runs/${run}/resume`, { generation: view.gen }));
}

async function fork(world: World, random: Random, run: string): Promise<void> {
  const view = await ended(world, random, run);
  if (view === null) return;
  const from = random.pick<{ readonly path: string }>([...view.steps])?.path ?? null;
  const body = { from: random.chance(0.8) ? from : null, liveEffects: random.chance(0.5) };
  await insist(world, random, post(`/runs/${run}/fork`, body, `fork ${run}`));
}

/** The run once it has ended; `null` when that takes too long. */
async function ended(world: World, random: Random, run: string): Promise<Answer['body']> {
  for (let asked = 0; asked < 200; asked += 1) {
    const answer = await world.request({ path: `/runs/${run}` });
    if (answer?.status === 200 && isTerminal(answer.body.status)) return answer.body;
    await world.services.system.sleep(random.between(1000, 10_000));
  }
  return null;
}

/** The same request from two at once, now and then. */
export async function twice(world: World, random: Random, call: RestCall): Promise<Answer | null> {
  const others = random.chance(0.2) ? [insist(world, random.stream('other'), call)] : [];
  const [first, second = null] = await Promise.all([insist(world, random, call), ...others]);
  return first ?? second;
}

/**
 * Sends a request until it is answered with anything but a breakdown, or until patience ends: then `null`,
 * and nobody knows what it has done.
 */
export async function insist(world: World, random: Random, call: RestCall): Promise<Answer | null> {
  const { system, faults } = world.services;
  for (;;) {
    const answer = await world.request(call);
    if (answer && answer.status < 500) return answer.status < 300 ? answer : null;
    if (faults.strikes('request-abandoned')) return null;
    await system.sleep(random.between(500, 10_000));
  }
}

export const post = (path: string, body: unknown, key?: string): RestCall => ({
  method: 'POST',
  path,
  headers: {
    'Content-Type': 'application/json',
    ...(key !== undefined && { 'Idempotency-Key': key }),
  },
  body: JSON.stringify(body),
});
