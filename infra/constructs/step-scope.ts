import type { Construct } from 'constructs';
import type { AgentContract } from '#runtime/contracts/agent.ts';
import { DefinitionError } from '#runtime/contracts/errors.ts';
import { STEP_NAME } from '#runtime/contracts/step-path.ts';
import type { WorkflowContract } from '#runtime/contracts/workflow.ts';
import type { Value } from './expression.ts';
import { JSONATA_FUNCTIONS } from './jsonata-source.ts';

/** Step Functions' limit for variables and state names. */
const NAME_MAX_LENGTH = 80;

const scopes = new WeakMap<Construct, StepScope>();

/**
 * What the steps of one scope have in common. A workflow is the outermost scope; a construct that
 * repeats its steps opens an inner one, whose paths carry the index or turn and whose outputs may
 * be smaller. Names are unique over all scopes of a workflow, because each is also a variable.
 */
export class StepScope {
  readonly workflow: WorkflowContract;
  /** The address of the step `name`: a literal, or an expression where an index or turn precedes it. */
  readonly pathOf: (name: string) => Value<string>;
  /** Largest output of a step, in bytes of JSON, that may travel inline. */
  readonly inlineBytes: number;
  /** Contract of every step declared so far, by name. */
  readonly steps: Map<string, AgentContract>;
  /** Longest wait of every step that waits for an event or a person, in seconds. */
  readonly waits: number[];

  constructor(
    owner: Construct,
    scope: Pick<StepScope, 'workflow' | 'pathOf' | 'inlineBytes' | 'steps' | 'waits'>,
  ) {
    this.workflow = scope.workflow;
    this.pathOf = scope.pathOf;
    this.inlineBytes = scope.inlineBytes;
    this.steps = scope.steps;
    this.waits = scope.waits;
    scopes.set(owner, this);
  }

  /**
   * The innermost scope around `construct`.
   * @throws DefinitionError outside of any workflow.
   */
  static of(construct: Construct): StepScope {
    const around = construct.node.scopes.toReversed();
    for (const scope of around) {
      const found = scopes.get(scope as Construct);
      if (found) return found;
    }
    throw new DefinitionError(
      `"${construct.node.path}" is not inside an AgentWorkflow, so a step there would have no run. ` +
        "Declare steps in the workflow's definition, with flow.step(…) or with flow.scope as their scope.",
    );
  }

  /**
   * Takes the name for a step.
   * @throws DefinitionError when it is taken or cannot be a variable.
   */
  declare(name: string, agent: AgentContract): void {
    const refuse = (problem: string, remedy: string): never => {
      throw new DefinitionError(
        `workflow "${this.workflow.name}": step "${name}" ${problem}. ${remedy}`,
      );
    };
    if (!STEP_NAME.test(name) || name.length > NAME_MAX_LENGTH) {
      refuse(
        'has a name that cannot be a variable',
        `Allowed: ${STEP_NAME.source}, at most ${NAME_MAX_LENGTH} characters. Rename the step.`,
      );
    }
    if (name === 'states' || JSONATA_FUNCTIONS.has(name)) {
      refuse(
        `has the name of the JSONata function or variable $${name}`,
        'Its output would hide it in every expression after the step. Rename the step.',
      );
    }
    const taken = this.steps.get(name);
    if (taken) {
      refuse(
        `is declared twice (agents "${taken.name}" and "${agent.name}")`,
        'A step is addressed by its name and its output is a variable of that name. Rename one of them.',
      );
    }
    this.steps.set(name, agent);
  }
}
