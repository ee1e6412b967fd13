import type { Check, Judge, Shown } from './check.ts';

/** R11: read models are functions of the set of events: any order, any duplication, same result. */
export const sameFromAnyOrder = (): Check => ({
  invariant: 'R11',
  end: ({ shown, rebuilt }, _scene, judge) => {
    for (const [run, live] of shown) compare(run, live, rebuilt.get(run), judge);
  },
});

function compare(run: string, live: Shown, other: Shown | undefined, judge: Judge): void {
  judge.saw('a run was compared with its rebuilt self');
  for (const part of ['view', 'trace'] as const) {
    const [a, b] = [JSON.stringify(live[part]), JSON.stringify(other?.[part])];
    if (a !== b) judge.violate(`the ${part} of ${run} is ${a}; made anew it is ${b}`);
  }
}
