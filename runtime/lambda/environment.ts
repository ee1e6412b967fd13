import {
  type AgentEnvironment,
  AgentEnvironmentSchema,
  readEnvironment,
} from '../contracts/environment.ts';

/**
 * The one door to an agent function's environment.
 * @throws EnvironmentError naming each variable that is missing or wrong.
 */
export const agentEnvironment = (
  variables: Readonly<Record<string, string | undefined>> = process.env,
): AgentEnvironment => readEnvironment(AgentEnvironmentSchema, variables);
