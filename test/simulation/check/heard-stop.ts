import type { StepRecord } from '#runtime/contracts/ledger.ts';
import type { Fact } from '../evidence.ts';
import { type Check, type Judge, type Scene, stepKeyOf } from './check.ts';

/** So long after the order a call may still begin. */
const HEARD_WITHIN_MS = 1000;

/** R10: within 1 second of `stop`, no new call of that run tree begins; what was in flight is listed. */
export function heardStop(): Check {
  const orders = new Orders();
  return {
    invariant: 'R10',
    see: (fact, scene, judge) => {
      switch (fact.kind) {
        case 'run-written':
          return orders.see(fact, scene, judge);
        case 'call-began':
          return judgeCall(fact, orders.stoppedMs(fact.run), judge);
        case 'requested':
          return judgeReport(fact, orders, scene, judge);
        default:
      }
    },
  };
}

/** When the order of each run's current generation was written. */
class Orders {
  readonly #stoppedMs = new Map<string, number>();

  see({ after, atMs }: Fact & { readonly kind: 'run-written' }, scene: Scene, judge: Judge): void {
    const { run, stop } = after;
    if (!stop) this.#stoppedMs.delete(run);
    if (!stop || this.#stoppedMs.has(run)) return;
    this.#stoppedMs.set(run, atMs);
    judge.saw(heldSteps(run, scene).length > 0 ? 'a stop while steps ran' : 'a stop');
  }

  stoppedMs(run: string): number | undefined {
    return this.#stoppedMs.get(run);
  }
}

function judgeCall(
  { run, path, by, call, atMs }: Fact & { readonly kind: 'call-began' },
  stoppedMs: number | undefined,
  judge: Judge,
): void {
  if (stoppedMs === undefined) return;
  judge.saw('a call just after the stop');
  if (atMs - stoppedMs > HEARD_WITHIN_MS) {
    judge.violate(`${run}/${path}: ${by} begins ${call} ${atMs - stoppedMs} ms after the stop`);
  }
}

type Requested = Fact & { readonly kind: 'requested' };

const isStopReport = ({ method, path, status }: Requested): boolean =>
  method === 'POST' && path.endsWith('/stop') && status === 200;

/** What was begun before the order and is not ended when the answer comes was in flight all the time. */
function judgeReport(fact: Requested, orders: Orders, scene: Scene, judge: Judge): void {
  const run = fact.path.split('/')[2] ?? '';
  const stoppedMs = orders.stoppedMs(run);
  if (!isStopReport(fact) || stoppedMs === undefined) return;
  // biome-ignore lint/suspicious/noExplicitAny: the answer's body
  const listed = new Set((fact.body as any).inFlight.map(({ path }: any) => path));
  for (const record of heldSteps(run, scene)) {
    const { path, fence } = record;
    const claimedMs = scene.holders.get(`${stepKeyOf(record)}#${fence}`)?.atMs ?? stoppedMs;
    if (claimedMs >= stoppedMs) continue;
    judge.saw('a step was in flight at the stop');
    if (!listed.has(path))
      judge.violate(`${run}/${path} was in flight at the stop and is not listed`);
  }
}

/** Steps that the run's current generation holds. */
const heldSteps = (run: string, scene: Scene): readonly StepRecord[] =>
  [...scene.steps.values()].filter(
    (record) =>
      record.run === run &&
      record.attempt.gen === scene.runs.get(run)?.gen &&
      record.outcomes.at(-1)?.fence !== record.fence &&
      record.deferral?.fence !== record.fence,
  );
