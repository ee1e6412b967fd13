import type { StepRecord } from '#runtime/contracts/ledger.ts';
import type { Fact } from '../evidence.ts';
import { attemptKeyOf, type Check, type Judge, type Scene, stepKeyOf } from './check.ts';

type Written = Fact & { readonly kind: 'step-written' };

/** So often a step is started that came to no end. */
const MOST_STARTS = 6;

/**
 * R8: a poison message or event delays only its own run. A worker dies of one at most with company: from
 * then on the step that may have killed it is alone. What cannot be read is parked.
 */
export function ownFaultOnly(): Check {
  const deaths = new Deaths();
  const garbage = new Set<string>();
  const parked = new Set<string>();
  return {
    invariant: 'R8',
    see: (fact, scene, judge) => {
      deaths.see(fact);
      if (fact.kind === 'step-written') judgeDeadLetter(fact, deaths, judge);
      if (fact.kind === 'poisoned') judgeCompany(fact, scene, deaths, judge);
      if (fact.kind === 'littered') garbage.add(fact.body);
      if (fact.kind === 'parked') parked.add(fact.letter.body);
    },
    end: (_remains, _scene, judge) => {
      for (const body of garbage) {
        judge.saw('something that cannot be read was parked');
        if (!parked.has(body)) judge.violate(`${body} cannot be read and is not parked`);
      }
    },
  };
}

/** Which steps' code runs in each container, and how often each attempt was started. */
class Deaths {
  readonly #running = new Map<string, Set<string>>();
  readonly #starts = new Map<string, number>();
  readonly #givenUp = new Set<string>();

  see(fact: Fact): void {
    switch (fact.kind) {
      case 'attempt-began':
        this.#runningIn(fact.by).add(stepKeyOf(fact));
        break;
      case 'attempt-left':
        this.#runningIn(fact.by).delete(stepKeyOf(fact));
        break;
      case 'step-written':
        this.#countStart(fact);
        break;
      case 'buried':
        this.#giveUp(fact.body);
        break;
      default:
    }
  }

  startsOf(record: StepRecord): number {
    return this.#starts.get(attemptIn(record)) ?? 0;
  }

  /** Whether a queue has given up a message of this step. */
  isGivenUp(record: StepRecord): boolean {
    return this.#givenUp.has(stepKeyOf(record));
  }

  /** What else runs in this container. */
  companyOf(by: string, key: string): readonly string[] {
    return [...this.#runningIn(by)].filter((other) => other !== key);
  }

  #giveUp(body: string): void {
    try {
      const { run, step } = JSON.parse(body);
      this.#givenUp.add(stepKeyOf({ run: run.id, path: step.path }));
    } catch {
      // What cannot be read is no step's message.
    }
  }

  #runningIn(by: string): Set<string> {
    const running = this.#running.get(by) ?? new Set<string>();
    this.#running.set(by, running);
    return running;
  }

  /** Claims of who wanted to run it, and that came to no end; being put off is an end, and a claim may be given back. */
  #countStart({ before, after }: Written): void {
    const attempt = attemptIn(after);
    const starts = this.#starts.get(attempt) ?? 0;
    const isStart =
      after.fence !== before?.fence && after.started.some(({ fence }) => fence === after.fence);
    if (isStart) this.#starts.set(attempt, starts + 1);
    if (isDeferred(after) && !isDeferred(before)) this.#starts.set(attempt, starts - 1);
    if (isGivenBack(before, after)) this.#starts.set(attempt, starts - 1);
  }
}

const attemptIn = (record: StepRecord): string =>
  `${stepKeyOf(record)}@${attemptKeyOf(record.attempt)}`;

const isDeferred = (record: StepRecord | null): boolean =>
  record !== null && record.deferral?.fence === record.fence;

/** Its holder takes its own lease away, and there is no end. */
const isGivenBack = (before: StepRecord | null, after: StepRecord): boolean =>
  after.fence === before?.fence &&
  after.leaseUntilMs < before.leaseUntilMs &&
  after.outcomes.length === before.outcomes.length &&
  !isDeferred(after);

function judgeDeadLetter({ before, after, by }: Written, deaths: Deaths, judge: Judge): void {
  const [ended] = after.outcomes.slice(before?.outcomes.length ?? 0);
  if (ended?.result.status !== 'failed' || ended.result.failure.code !== 'DEAD_LETTERED') return;
  judge.saw('a step was dead-lettered');
  const starts = deaths.startsOf(after);
  if (starts > MOST_STARTS) judge.violate(`${stepKeyOf(after)} was started ${starts} times`);
  // The consumer of dead letters ends what its queue has given up, whatever the reason.
  if (starts < MOST_STARTS && !by.startsWith('settle-dead-letters')) {
    judge.violate(`${stepKeyOf(after)} was given up after ${starts} starts`);
  }
  if (deaths.startsOf(after) < MOST_STARTS && !deaths.isGivenUp(after)) {
    judge.violate(
      `${stepKeyOf(after)} was given up after ${deaths.startsOf(after)} starts, and by no queue`,
    );
  }
}

function judgeCompany(
  fact: Fact & { readonly kind: 'poisoned' },
  scene: Scene,
  deaths: Deaths,
  judge: Judge,
): void {
  const key = stepKeyOf(fact);
  const starts = scene.steps.get(key)?.starts ?? 0;
  const company = deaths.companyOf(fact.by, key);
  judge.saw(company.length > 0 ? 'poison killed others with it' : 'poison killed its worker alone');
  if (starts > 1 && company.length > 0) {
    judge.violate(`${key} killed ${fact.by} at start ${starts}, and ${company.join(', ')} with it`);
  }
  if (starts > MOST_STARTS) judge.violate(`${key} was started ${starts} times`);
}
