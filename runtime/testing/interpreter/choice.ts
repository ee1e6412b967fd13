import type { ChoiceState } from '../asl.ts';
import { evaluate } from './evaluate.ts';
import { StateError } from './state-error.ts';
import { bindingsOf, type Departure, depart, type Visit } from './visit.ts';

/**
 * Leaves by the first rule whose condition is true, else by the default, whose Assign and Output are the state's own.
 * @throws StateError `States.NoChoiceMatched`, or `States.QueryEvaluationError` for a condition that is not a boolean
 */
export async function choose(visit: Visit, state: ChoiceState): Promise<Departure> {
  const bindings = bindingsOf(visit);
  for (const rule of state.Choices) {
    const holds = await evaluate(rule.Condition, bindings);
    if (typeof holds !== 'boolean') {
      throw new StateError(
        'States.QueryEvaluationError',
        `the condition ${JSON.stringify(rule.Condition)} of "${visit.name}" gave ${JSON.stringify(holds)}; allowed: true, false`,
      );
    }
    if (holds) return depart(rule, bindings, visit.input, rule.Next);
  }
  if (state.Default === undefined) {
    throw new StateError(
      'States.NoChoiceMatched',
      `no condition of "${visit.name}" is true and it has no default`,
    );
  }
  return depart(state, bindings, visit.input, state.Default);
}
