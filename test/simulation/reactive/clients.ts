/** People who talk to agents: messages one after the other, some of them quick, some sent twice. */
import type { RestCall } from '../../support/rest-event.ts';
import { insist, post, stop, twice } from '../clients.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';
import { POISON } from './refusing.ts';

const PAUSES_MS = [0, 0, 100, 1000, 5000, 20_000, 45_000] as const;

/** Somebody who begins one talk, and goes on with it. */
export async function talker(world: World, name: string, startWithinMs: number): Promise<void> {
  const { system, faults, random: worldsRandom } = world.services;
  const random = worldsRandom.stream(name);
  await system.sleep(random.between(0, startWithinMs));
  const begun = await twice(world, random, message(world, `${name}, first`));
  if (begun === null) return;
  const { run } = begun.body;
  if (faults.strikes('stop')) void stop(world, random.stream('stop'), run);
  await goOn(world, random, name, run);
}

async function goOn(world: World, random: Random, name: string, run: string): Promise<void> {
  const more = random.between(0, 4);
  const sent: Promise<unknown>[] = [];
  for (let i = 0; i < more; i += 1) {
    await world.services.system.sleep(random.pick(PAUSES_MS));
    const call = message(world, `${name}, ${i}`, run);
    sent.push(twice(world, random.stream(`message ${i}`), call));
  }
  await Promise.all(sent);
  if (!random.chance(0.3)) return;
  await world.services.system.sleep(random.pick(PAUSES_MS));
  const close = tell({ type: 'talk.closed', data: { by: name }, run }, `${name}, close`);
  await insist(world, random.stream('close'), close);
}

function message({ services: { faults } }: World, key: string, run?: string): RestCall {
  const text = faults.strikes('poison-event') ? `${POISON} of ${key}` : key;
  return tell({ type: 'message.received', data: { text }, run }, key);
}

const tell = (body: unknown, key: string): RestCall => post('/events', body, key);
