import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import type { Fact } from '../evidence.ts';
import { isPoison } from '../reactive/refusing.ts';
import type { Check, Judge, Scene } from './check.ts';

/** The consumer that refuses some events: what it does with the others is on record. */
const CONSUMER = PLATFORM_NAMES.exportEvents;
/** So long the library holds a failure that others do not share against nobody; clocks may differ. */
const PATIENCE_MS = 60_000 - 5000;

/** K2: a consumer gets the events of a run in the order of the shard, those that were parked included. */
export function inOrderOfTheShard(): Check {
  const shard = new Shard();
  return {
    invariant: 'K2',
    see: (fact, _scene, judge) => {
      if (fact.kind === 'handled') {
        const earlier = shard.unhandledBefore(fact);
        judge.saw('an event was handled');
        if (earlier.length > 0) {
          judge.violate(
            `${fact.event} of run ${fact.run} was handled before ${earlier.join(', ')}`,
          );
        }
      }
      shard.see(fact);
    },
  };
}

/**
 * R8 of events: one that cannot be handled is parked, told and handled once it can be; behind it waits
 * only its own run. Nothing is passed over (K1).
 */
export function onlyItsRunWaits(): Check {
  const shard = new Shard();
  return {
    invariant: 'R8',
    see: (fact, scene, judge) => {
      if (fact.kind === 'laid-aside' && fact.isCause) judgeParked(fact, shard, scene, judge);
      if (fact.kind === 'laid-aside' && fact.consumer === CONSUMER) judgeAside(fact, shard, judge);
      if (fact.kind === 'taken' && fact.consumer === CONSUMER) judgeTaken(fact, shard, judge);
      shard.see(fact);
    },
    end: ({ stuck }, scene, judge) => {
      for (const why of stuck) judge.violate(`an event holds up all others: ${why}`);
      for (const { id, run } of scene.told.values()) {
        if (scene.runs.get(run)?.kind !== 'reactive' || shard.handled.has(id)) continue;
        judge.violate(`${id} of run ${run} was never handled`);
      }
      for (const id of shard.causes) judgeWord(id, scene, judge);
    },
  };
}

/** The shard as its consumer sees it. */
class Shard {
  /** Ids of each run's events in the order in which they came first. */
  readonly runs = new Map<string, string[]>();
  readonly handled = new Set<string>();
  readonly aside = new Set<string>();
  /** Of those, the ones that could not be handled themselves. */
  readonly causes = new Set<string>();
  readonly cameMs = new Map<string, number>();

  see(fact: Fact): void {
    if (fact.kind === 'handled') this.handled.add(fact.event);
    if (fact.kind === 'laid-aside' && fact.consumer === CONSUMER) {
      this.aside.add(fact.event);
      if (fact.isCause) this.causes.add(fact.event);
    }
    if (fact.kind !== 'appended') return;
    for (const { id, run } of fact.events) {
      if (this.cameMs.has(id)) continue;
      this.cameMs.set(id, fact.atMs);
      this.runs.set(run, [...(this.runs.get(run) ?? []), id]);
    }
  }

  unhandledBefore({ run, event }: Fact & { readonly kind: 'handled' }): readonly string[] {
    const events = this.runs.get(run) ?? [];
    return events.slice(0, events.indexOf(event)).filter((id) => !this.handled.has(id));
  }
}

/** Whoever parks an event: it is poison for him, or something that he needs has failed for it alone for long. */
function judgeParked(
  { consumer, event: id, run, atMs }: Aside,
  shard: Shard,
  scene: Scene,
  judge: Judge,
): void {
  const event = scene.told.get(id);
  judge.saw(`an event was parked by ${consumer}`);
  if (consumer === CONSUMER && event && isPoison(event)) return;
  if (atMs - (shard.cameMs.get(id) ?? atMs) >= PATIENCE_MS) return;
  judge.violate(`${consumer} parked ${id} of run ${run}, with which nothing is wrong`);
}

function judgeAside({ event: id, run, isCause }: Aside, shard: Shard, judge: Judge): void {
  if (isCause) return;
  judge.saw('an event waited behind a parked one');
  const isBehind = (shard.runs.get(run) ?? []).some((other) => shard.causes.has(other));
  if (!isBehind) judge.violate(`${id} waits although nothing of run ${run} was parked`);
}

type Aside = Fact & { readonly kind: 'laid-aside' };

function judgeTaken(
  { records }: Fact & { readonly kind: 'taken' },
  shard: Shard,
  judge: Judge,
): void {
  const known = records.map((text) => /"id":"([^"]*)"/.exec(text)?.[1] ?? '');
  for (const id of known) {
    if (!shard.cameMs.has(id) || shard.handled.has(id) || shard.aside.has(id)) continue;
    judge.violate(`${id} counts as dealt with, and was neither handled nor parked`);
  }
}

function judgeWord(id: string, scene: Scene, judge: Judge): void {
  const parked = scene.told.get(id);
  if (parked?.type === 'signalbox.event.parked') return;
  const isTold = [...scene.told.values()].some(
    ({ type, data }) =>
      type === 'signalbox.event.parked' && (data as { readonly event: string }).event === id,
  );
  if (!isTold) judge.violate(`${id} was parked, and nobody was told`);
}
