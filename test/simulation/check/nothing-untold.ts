import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { attemptOf } from '#runtime/contracts/task-message.ts';
import type { Fact } from '../evidence.ts';
import { attemptKeyOf, type Check, type Judge, type Scene, stepKeyOf } from './check.ts';

/**
 * R4: no step is answered before its events are in the stream or the outbox; no event is lost; a
 * duplicate has the same id and content.
 */
export function nothingUntold(): Check {
  /** Texts by id, whether recorded or told. */
  const texts = new Map<string, string>();
  /** Events that a record held once. */
  const recorded = new Map<string, SignalboxEvent>();
  const compare = (events: readonly SignalboxEvent[], judge: Judge): void => {
    for (const event of events) {
      const text = JSON.stringify(event);
      const first = texts.get(event.id) ?? text;
      texts.set(event.id, first);
      if (first !== text) judge.violate(`two contents of event ${event.id}: ${first} and ${text}`);
    }
  };
  return {
    invariant: 'R4',
    see: (fact, scene, judge) => {
      const events = recordedIn(fact);
      for (const event of events) recorded.set(event.id, event);
      compare([...events, ...toldIn(fact)], judge);
      if (toldIn(fact).some(({ id }) => scene.told.has(id))) judge.saw('an event was told again');
      if (fact.kind === 'answered') judgeAnswer(fact, scene, judge);
    },
    end: (_remains, scene, judge) => {
      for (const event of recorded.values()) judgeTold(event, scene, judge);
      judgeEnds(scene, judge);
    },
  };
}

function judgeTold({ id, type, run, subject }: SignalboxEvent, scene: Scene, judge: Judge): void {
  if (scene.told.has(id)) return;
  judge.violate(`${type} of ${run}/${subject} is on record and not in the stream`);
}

const toldIn = (fact: Fact): readonly SignalboxEvent[] =>
  fact.kind === 'appended' || fact.kind === 'kept' ? fact.events : [];

function recordedIn(fact: Fact): readonly SignalboxEvent[] {
  if (fact.kind === 'call-written') return fact.after.events;
  if (fact.kind !== 'step-written') return [];
  const { started, deferral, outcomes } = fact.after;
  return [...started, ...(deferral?.events ?? []), ...outcomes.flatMap(({ events }) => events)];
}

function judgeAnswer(
  { message, token, answer, isTaken }: Fact & { readonly kind: 'answered' },
  scene: Scene,
  judge: Judge,
): void {
  const step = stepKeyOf({ run: message.run.id, path: message.step.path });
  const success = scene.steps
    .get(step)
    ?.outcomes.find(({ result }) => result.status === 'succeeded');
  // A worker that was paused may answer its own failure although a later attempt has succeeded since.
  const isSuccess = answer.kind === 'succeeded' && success !== undefined;
  const attempt = isSuccess ? success.attempt : attemptOf(message);
  const outcome = scene.outcomes.get(`${step}@${attemptKeyOf(attempt)}`);
  const untold = (outcome?.events ?? []).filter(({ id }) => !scene.safe.has(id));
  judge.saw('an answer was given');
  // A worker that wakes behind its generation's end answers nobody; whoever followed tells what it left.
  if (isTaken && untold.length > 0) {
    judge.violate(`${token} was answered before ${untold.map(({ type }) => type).join(', ')}`);
  }
}

/** Every recorded outcome has one end in the stream, and every end an outcome. */
function judgeEnds(scene: Scene, judge: Judge): void {
  const ends = new Map<string, number>();
  for (const { type, run, subject, gen, attempt } of scene.told.values()) {
    if (!ENDS.has(type)) continue;
    const key = `${run}/${subject}@${gen}.${attempt}`;
    ends.set(key, (ends.get(key) ?? 0) + 1);
  }
  for (const [key, { result }] of scene.outcomes) {
    if (ends.get(key) !== 1) {
      judge.violate(`${key} ${result.status}; the stream tells ${ends.get(key) ?? 0} ends of it`);
    }
  }
  for (const key of ends.keys()) {
    if (!scene.outcomes.has(key))
      judge.violate(`the stream tells an end of ${key}, which is not on record`);
  }
}

const ENDS: ReadonlySet<string> = new Set([
  'signalbox.step.succeeded',
  'signalbox.step.failed',
  'signalbox.step.retried',
  'signalbox.step.expired',
  'signalbox.step.stopped',
]);
