import type { AgentContract } from '#runtime/contracts/agent.ts';

/** A scope of states as JSON, before CDK's tokens are resolved. */
export interface AslGraph {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, object>>;
}

/** Refuses definitions that cannot work. */
export function checkDefinition(_definition: {
  readonly workflow: string;
  readonly graph: AslGraph;
  readonly steps: ReadonlyMap<string, AgentContract>;
}): void {}
