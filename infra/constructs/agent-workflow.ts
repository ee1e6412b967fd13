import { createHash } from 'node:crypto';
import { Aspects, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  DefinitionBody,
  type IChainable,
  LogLevel,
  QueryLanguage,
  State,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type AgentContract, agentSettings } from '#runtime/contracts/agent.ts';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { INLINE_BYTES } from '#runtime/contracts/task-message.ts';
import type { WorkflowContract } from '#runtime/contracts/workflow.ts';
import type { AslGraph, AslState } from './asl-graph.ts';
import { checkDefinition } from './definition-check.ts';
import { Deployment } from './deployment.ts';
import { Flow } from './flow.ts';
import { refuseWorkflowWithoutJson } from './json-form.ts';
import { logRetention } from './lean-function.ts';
import { acknowledgeObserving } from './observed-policies.ts';
import { StepScope } from './step-scope.ts';
import { waitContract } from './wait-contract.ts';

export interface AgentWorkflowProps<W extends WorkflowContract> {
  readonly contract: W;
  /** Builds the steps and returns the first state, or a chain that begins with it. */
  readonly definition: (flow: Flow<W>) => IChainable;
}

/**
 * A workflow: one Standard state machine, `signalbox-<stage>-<name>`.
 *
 * Synth throws a DefinitionError that names every state whose definition cannot work
 * (`definition-check.ts` has the list).
 */
export class AgentWorkflow<W extends WorkflowContract = WorkflowContract> extends Construct {
  readonly contract: W;
  readonly stateMachine: StateMachine;
  /** Hash of the definition: changes when, and only when, what runs changes. */
  readonly definitionVersion: string;
  /** Names of those that its steps ask, each once, in the order of the steps. */
  readonly agents: readonly string[];
  /** By quota, how many of its steps ask an agent that names it: what a run takes, before anybody has counted. */
  readonly expectedCalls: Readonly<Record<string, number>>;

  constructor(scope: Construct, id: string, props: AgentWorkflowProps<W>) {
    super(scope, id);
    this.contract = props.contract;
    const deployment = Deployment.of(this);
    refuseSecond(this, deployment);
    refuseUnpricedBudget(props.contract, deployment);
    refuseWorkflowWithoutJson(props.contract);
    const { steps, waits } = new StepScope(this, {
      workflow: props.contract,
      pathOf: (name) => name,
      inlineBytes: INLINE_BYTES,
      steps: new Map(),
      waits: [],
    });
    const chain = props.definition(new Flow<W>(this));
    refuseOutlivingPayloads(props.contract, deployment, waits);
    const name = deployment.name(props.contract.name);
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: name,
      queryLanguage: QueryLanguage.JSONATA,
      definitionBody: DefinitionBody.fromChainable(chain),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          // Log groups under this prefix share one resource policy, which has a size limit.
          logGroupName: `/aws/vendedlogs/states/${name}`,
          retention: logRetention(deployment),
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        // Inputs and outputs are the users' own words.
        includeExecutionData: false,
      },
    });
    Aspects.of(this.stateMachine).add(acknowledgeObserving);
    // Only now: Parallel and Map have their inner states once they are part of a machine.
    const graph = renderGraph(chain);
    checkDefinition({ workflow: props.contract.name, graph, steps });
    const agents = [...steps.values()].filter((contract) => contract !== waitContract);
    this.agents = [...new Set(agents.map((agent) => agent.name))];
    this.expectedCalls = quotaMentions(agents);
    this.definitionVersion = versionOf(Stack.of(this).resolve(graph));
  }
}

function quotaMentions(agents: readonly AgentContract[]): Readonly<Record<string, number>> {
  const mentions = agents.flatMap((agent) => agentSettings(agent).quotas);
  return Object.fromEntries(
    [...new Set(mentions)].map((quota) => [quota, mentions.filter((one) => one === quota).length]),
  );
}

const declared = new WeakMap<Deployment, Map<string, AgentWorkflow>>();

function refuseSecond(workflow: AgentWorkflow, deployment: Deployment): void {
  const { name } = workflow.contract;
  const others = declared.get(deployment) ?? new Map<string, AgentWorkflow>();
  declared.set(deployment, others);
  const first = others.get(name);
  if (first) {
    throw new DefinitionError(
      `workflow "${name}" is declared twice, by ${first.node.path} and ${workflow.node.path}; allowed: one per name. Remove one of them, or give it a contract of its own.`,
    );
  }
  others.set(name, workflow);
}

const SECONDS_A_DAY = 86_400;

/** What a step gave by reference has to be there for the last of them. */
function refuseOutlivingPayloads(
  { name, deadlineSeconds }: WorkflowContract,
  { stage, config: { payloadRetentionDays: days } }: Deployment,
  waits: readonly number[],
): void {
  const seconds = waits.reduce((sum, wait) => sum + wait, deadlineSeconds);
  if (seconds <= days * SECONDS_A_DAY) return;
  const waiting = waits.length > 0 ? `, its waits included,` : '';
  throw new DefinitionError(
    `workflow "${name}" may run for ${seconds} s${waiting} and stage "${stage}" keeps the payloads of its steps for ${days} days; allowed: at most ${days * SECONDS_A_DAY} s. Raise payloadRetentionDays in infra/config.ts, or shorten the deadline${waits.length > 0 ? ' or the waits' : ''}.`,
  );
}

/** Dollars are counted by the model's price. */
function refuseUnpricedBudget(
  { name, budget }: WorkflowContract,
  { stage, config: { model } }: Deployment,
): void {
  if (budget?.usd === undefined || model.usdPerMillionTokens) return;
  throw new DefinitionError(
    `workflow "${name}" has a budget of ${budget.usd} dollars, and stage "${stage}" does not know what its model "${model.id}" costs; set model.usdPerMillionTokens in infra/config.ts, or limit the budget's tokens instead.`,
  );
}

/** The states as the definition will have them; nothing added to the chain later is part of it. */
function renderGraph({ startState }: IChainable): AslGraph {
  const states = State.findReachableStates(startState, { includeErrorHandlers: true });
  return {
    StartAt: startState.stateId,
    States: Object.fromEntries(
      states.map((state) => [
        state.stateId,
        state.toStateJson(QueryLanguage.JSONATA) as AslState, // typed as object by CDK
      ]),
    ),
  };
}

const versionOf = (definition: unknown): string =>
  createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 16);
