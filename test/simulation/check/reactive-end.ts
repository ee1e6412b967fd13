import { isTerminal, type RunStatus } from '#runtime/contracts/status.ts';
import type { Fact } from '../evidence.ts';
import { type Check, type Judge, type Remains, type Scene, stepKeyOf } from './check.ts';
import { isFinal } from './reactive-scene.ts';

/**
 * R1 of reactive runs: each reaches exactly one terminal status, which the stream tells and the read
 * model shows; whatever was begun in it comes to its end within its attempts, and nothing ends that still goes on.
 */
export const reactiveEnd = (): Check => ({
  invariant: 'R1',
  see: (fact, scene, judge) => {
    if (fact.kind === 'reactions-written') judgeDecision(fact, scene, judge);
  },
  end: (remains, scene, judge) => {
    for (const { run, kind } of scene.runs.values()) {
      if (kind !== 'reactive') continue;
      judgeRun(run, remains, scene, judge);
      judgeReactions(run, scene, judge);
    }
  },
});

function judgeDecision(
  { before, after }: Fact & { readonly kind: 'reactions-written' },
  scene: Scene,
  judge: Judge,
): void {
  const { run, end } = after;
  if (before?.end && JSON.stringify(before.end) !== JSON.stringify(end)) {
    judge.violate(`the end of run ${run} was ${before.end.status} and is now ${end?.status}`);
  }
  if (!end || before?.end) return;
  judge.saw(end.output ? 'completed by an event' : end.status);
  const isCutOff = end.output !== undefined || end.status === 'stopped' || end.status === 'expired';
  if (isCutOff) return;
  const ended = endedSteps(run, scene);
  for (const path of scene.reactive.of(run).begun.keys()) {
    if (!ended.has(path)) judge.violate(`run ${run} is called quiet although ${path} is under way`);
  }
}

function judgeRun(run: string, { shown, listed }: Remains, scene: Scene, judge: Judge): void {
  const own = [...scene.told.values()].filter((event) => event.run === run);
  const ends = own.filter(
    (event) => event.subject === undefined && isTerminal(statusIn(event.type)),
  );
  const [end] = ends;
  if (!end || ends.length > 1) {
    judge.violate(`run ${run} has ${ends.length} ends: ${ends.map(({ type }) => type).join(', ')}`);
    return;
  }
  const status = statusIn(end.type);
  const view = shown.get(run)?.view;
  const places: readonly (readonly [string, RunStatus | undefined])[] = [
    ['its record says', scene.runs.get(run)?.end?.status],
    ['the API shows', view?.status],
    ['the list shows', listed.get(run) as RunStatus | undefined],
  ];
  for (const [where, what] of places) {
    if (what !== status) judge.violate(`run ${run} ended as ${status}; ${where} ${what}`);
  }
  const { output } = end.data as { readonly output?: unknown };
  if (JSON.stringify(view?.output) !== JSON.stringify(output)) {
    judge.violate(`run ${run} gave another output than the API shows`);
  }
}

function judgeReactions(run: string, scene: Scene, judge: Judge): void {
  const ended = endedSteps(run, scene);
  for (const [path, { step }] of scene.reactive.of(run).sent) {
    if (!ended.has(path)) judge.violate(`${run}/${path} was begun and never ended`);
    const tries = scene.steps.get(stepKeyOf({ run, path }))?.outcomes.length ?? 0;
    if (tries > 1) judge.saw('a reaction was tried again');
    if (tries <= step.maxAttempts) continue;
    judge.violate(`${run}/${path} was tried ${tries} times; allowed: ${step.maxAttempts}`);
  }
}

/** Paths of steps whose end the stream tells. */
const endedSteps = (run: string, { told }: Scene): ReadonlySet<string | undefined> =>
  new Set(
    [...told.values()].flatMap((event) =>
      event.run === run && isFinal(event) ? [event.subject] : [],
    ),
  );

const statusIn = (type: string): RunStatus => type.replace('signalbox.run.', '') as RunStatus;
