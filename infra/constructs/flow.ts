import { Pass } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type * as z from 'zod/v4/core';
import type { AgentContract } from '#runtime/contracts/agent.ts';
import type { WorkflowContract } from '#runtime/contracts/workflow.ts';
import { AgentStep, type AgentStepProps } from './agent-step.ts';
import { Approval, type ApprovalProps } from './approval.ts';
import { type Ref, ref, render, type Value } from './expression.ts';
import { WaitForEvent, type WaitForEventProps } from './wait-for-event.ts';

type EventsOf<W extends WorkflowContract> = NonNullable<W['events']>;

/** What a workflow's definition is written with. Everything else is plain `aws-stepfunctions`. */
export class Flow<W extends WorkflowContract> {
  /** The scope for Step Functions' own states: `Choice.jsonata(flow.scope, 'IsQuestion')`. */
  readonly scope: Construct;
  /** The run's input. */
  readonly input: Ref<z.output<W['input']>>;

  constructor(scope: Construct) {
    this.scope = scope;
    this.input = ref('$states.context.Execution.Input.input');
  }

  /**
   * An agent's step.
   * @param name unique in the workflow; the step's path and the variable of its output
   */
  step<C extends AgentContract>(
    name: string,
    agent: C,
    input: AgentStepProps<C>['input'],
    options: Pick<AgentStepProps<C>, 'retries'> = {},
  ): AgentStep<C> {
    return new AgentStep(this.scope, name, { agent, input, ...options });
  }

  /**
   * Waits for an event from outside.
   * @param name as a step's
   */
  waitFor<T extends keyof EventsOf<W> & string>(
    name: string,
    props: WaitForEventProps<T>,
  ): WaitForEvent<EventsOf<W>, T> {
    return new WaitForEvent<EventsOf<W>, T>(this.scope, name, props);
  }

  /**
   * A person decides.
   * @param name as a step's
   */
  approval<const O extends string = 'approve' | 'reject'>(
    name: string,
    props: ApprovalProps<O>,
  ): Approval<O> {
    return new Approval<O>(this.scope, name, props);
  }

  /**
   * An end of the run: its output, checked against the workflow's.
   * A Pass, because local clouds do not evaluate the output of a Succeed.
   */
  done(id: string, output: Value<z.input<W['output']>>): Pass {
    return Pass.jsonata(this.scope, id, { outputs: render(output) });
  }
}
