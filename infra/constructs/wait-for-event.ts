import type { Construct } from 'constructs';
import type * as z from 'zod/v4/core';
import type { Schema } from '#runtime/contracts/agent.ts';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import type { EventTypes } from '#runtime/contracts/event-types.ts';
import { StepScope } from './step-scope.ts';
import { WaitStep } from './wait-step.ts';

export interface WaitForEventProps<T extends string> {
  /** One of the types in the workflow contract's `events`. */
  readonly event: T;
  /** The longest wait, 1 to 31,104,000 (360 days). */
  readonly timeoutSeconds: number;
}

/**
 * Waits until an event of a type comes for the run (`POST /events` with the run's id); one that came
 * before counts, unless another wait has taken it. Its data are the step's output. When none comes in
 * time the run ends as `expired`, unless `States.Timeout` is caught.
 */
export class WaitForEvent<
  E extends EventTypes = EventTypes,
  T extends keyof E & string = keyof E & string,
> extends WaitStep<z.output<E[T] & Schema>> {
  /** @throws DefinitionError for a type that the workflow does not know. */
  constructor(scope: Construct, id: string, { event, timeoutSeconds }: WaitForEventProps<T>) {
    const { name, events = {} } = StepScope.of(scope).workflow;
    if (!Object.hasOwn(events, event)) {
      throw new DefinitionError(
        `workflow "${name}": step "${id}" waits for event "${event}"; its contract's \`events\` has: ${Object.keys(events).join(', ') || 'none'}. Add the type there.`,
      );
    }
    super(scope, id, { input: { for: 'event', event }, timeoutSeconds });
  }
}
