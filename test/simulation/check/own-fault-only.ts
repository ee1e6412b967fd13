import type { StepRecord } from '#runtime/contracts/ledger.ts';
import type { Fact } from '../evidence.ts';
import { type Check, type Judge, type Scene, stepKeyOf } from './check.ts';

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
      if (fact.kind === 'step-written') {
        deaths.see(fact);
        judgeDeadLetter(fact.before, fact.after, deaths, judge);
      }
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

/** Steps that each container holds and has not ended, by `run/path`. */
class Deaths {
  readonly #held = new Map<string, Map<string, number>>();
  readonly #starts = new Map<string, number>();

  see({ before, after, by }: Fact & { readonly kind: 'step-written' }): void {
    const key = stepKeyOf(after);
    for (const own of this.#held.values()) {
      if (after.fence !== before?.fence || hasEnd(after)) own.delete(key);
    }
    if (after.fence === before?.fence || hasEnd(after)) return;
    const own = this.#held.get(by) ?? new Map<string, number>();
    this.#held.set(by, own.set(key, after.starts));
    const attempt = `${key}@${JSON.stringify(after.attempt)}`;
    this.#starts.set(attempt, (this.#starts.get(attempt) ?? 0) + 1);
  }

  startsOf(record: StepRecord): number {
    return this.#starts.get(`${stepKeyOf(record)}@${JSON.stringify(record.attempt)}`) ?? 0;
  }

  /** What else is in the hands of this container, and is no suspect itself. */
  companyOf(by: string, key: string): readonly string[] {
    return [...(this.#held.get(by)?.keys() ?? [])].filter((other) => other !== key);
  }
}

const hasEnd = ({ outcomes, deferral, fence }: StepRecord): boolean =>
  outcomes.at(-1)?.fence === fence || deferral?.fence === fence;

function judgeDeadLetter(
  before: StepRecord | null,
  after: StepRecord,
  deaths: Deaths,
  judge: Judge,
): void {
  const [ended] = after.outcomes.slice(before?.outcomes.length ?? 0);
  if (ended?.result.status !== 'failed' || ended.result.failure.code !== 'DEAD_LETTERED') return;
  judge.saw('a step was dead-lettered');
  if (deaths.startsOf(after) > MOST_STARTS + 1) {
    judge.violate(`${stepKeyOf(after)} was started ${deaths.startsOf(after)} times`);
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
