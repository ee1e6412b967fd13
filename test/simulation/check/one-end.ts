import { isTerminal, type RunStatus } from '#runtime/contracts/status.ts';
import { executionName } from '#runtime/core/run-id.ts';
import type { Fact } from '../evidence.ts';
import type { Check, Judge, Remains, Scene } from './check.ts';

type Requested = Fact & { readonly kind: 'requested' };
type Execution = Fact & { readonly kind: 'execution' };

/** R1: an accepted run reaches exactly one terminal status per generation, and the read model shows it. */
export function oneEnd(): Check {
  const executions = new Map<string, Execution[]>();
  const shownEnds = new ShownEnds();
  return {
    invariant: 'R1',
    see: (fact, _scene, judge) => {
      if (fact.kind === 'execution') {
        executions.set(fact.name, [...(executions.get(fact.name) ?? []), fact]);
      }
      if (fact.kind === 'requested') shownEnds.see(fact, judge);
      if (fact.kind === 'acked' && fact.isOwed) {
        judge.violate(
          `a message was acknowledged while its workflow waits, and nothing else will answer it: ${fact.body.slice(0, 300)}`,
        );
      }
    },
    end: (remains, scene, judge) => {
      if (remains.unrest !== null)
        judge.violate(`the world does not come to rest: ${remains.unrest}`);
      for (const { run, gen, kind } of scene.runs.values()) {
        // Nothing executes a reactive run: reactive-end.ts judges it.
        if (kind === 'reactive') continue;
        for (let g = 0; g <= gen; g += 1) {
          judgeGeneration(
            { run, gen: g },
            executions.get(executionName(run, g)) ?? [],
            scene,
            judge,
          );
        }
        judgeShown({ run, gen }, executions.get(executionName(run, gen))?.at(-1), remains, judge);
      }
    },
  };
}

/** Once the API has shown the end of a generation, it shows no other status of it to who asks later. */
class ShownEnds {
  readonly #ends = new Map<string, { readonly status: RunStatus; readonly atMs: number }>();

  see({ method, path, body, atMs, sentMs }: Requested, judge: Judge): void {
    const { id, gen, status } = body as { id?: string; gen?: number; status?: RunStatus };
    if (method !== 'GET' || id === undefined || status === undefined) return;
    const key = `${id}, generation ${gen}`;
    const end = this.#ends.get(key);
    if (end && sentMs > end.atMs && end.status !== status) {
      judge.violate(`GET ${path} shows ${key} as ${status} after it has shown ${end.status}`);
    }
    if (end || !isTerminal(status)) return;
    judge.saw('the API showed an end');
    this.#ends.set(key, { status, atMs });
  }
}

interface Generation {
  readonly run: string;
  readonly gen: number;
}

function judgeGeneration(
  { run, gen }: Generation,
  changes: readonly Execution[],
  scene: Scene,
  judge: Judge,
): void {
  const ends = changes.filter(({ status }) => status !== 'RUNNING');
  const [end] = ends;
  if (!end) {
    const how = changes.length === 0 ? 'was never started' : 'never ended';
    judge.violate(`the execution of run ${run}, generation ${gen}, ${how}`);
    return;
  }
  const told = [...scene.told.values()].filter(
    (event) =>
      event.run === run &&
      event.gen === gen &&
      event.subject === undefined &&
      isTerminal(statusIn(event.type)),
  );
  judge.saw(statusOf(end));
  const types = told.map(({ type }) => type);
  if (types.length !== 1 || types[0] !== `signalbox.run.${statusOf(end)}`) {
    judge.violate(
      `run ${run}, generation ${gen} ended as ${statusOf(end)}; the stream tells ${types.join(', ') || 'no end'}`,
    );
  }
}

function judgeShown(
  { run, gen }: Generation,
  end: Execution | undefined,
  { shown, listed }: Remains,
  judge: Judge,
): void {
  if (!end || end.status === 'RUNNING') return;
  const status = statusOf(end);
  const view = shown.get(run)?.view;
  if (view?.status !== status || view.gen !== gen) {
    judge.violate(
      `run ${run}, generation ${gen} ended as ${status}; the API shows ${view?.status}, generation ${view?.gen}`,
    );
  }
  if (listed.get(run) !== status) {
    judge.violate(`run ${run} ended as ${status}; the list shows ${listed.get(run)}`);
  }
  if (status === 'succeeded' && JSON.stringify(view?.output) !== JSON.stringify(end.output)) {
    judge.violate(`run ${run} gave another output than the API shows`);
  }
}

const statusIn = (type: string) =>
  type.replace('signalbox.run.', '') as Parameters<typeof isTerminal>[0];

/** As design.md words it. */
function statusOf({ status, error }: Execution): 'succeeded' | 'failed' | 'expired' | 'stopped' {
  if (status === 'SUCCEEDED') return 'succeeded';
  if (error === 'States.Timeout' || error === 'Agent.DeadlineExceeded') return 'expired';
  return status === 'ABORTED' || error === 'Agent.Stopped' ? 'stopped' : 'failed';
}
