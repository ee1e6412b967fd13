import type { Check } from './check.ts';

/** R6: work past its deadline costs no new call. */
export const noLateWork = (): Check => ({
  invariant: 'R6',
  see: (fact, scene, judge) => {
    if (fact.kind !== 'call-began') return;
    const deadlineMs = Date.parse(scene.runs.get(fact.run)?.deadlineAt ?? '');
    if (fact.deadlineMs !== deadlineMs) judge.saw('a deadline that the record does not have');
    if (fact.localMs >= deadlineMs) {
      judge.violate(
        `${fact.run}/${fact.path}: ${fact.by} begins ${fact.call} ${fact.localMs - deadlineMs} ms after the deadline`,
      );
    }
    if (fact.localMs >= deadlineMs - 5000) judge.saw('a call just before the deadline');
  },
});
