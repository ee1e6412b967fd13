import { createHash } from 'node:crypto';
import { Construct } from 'constructs';
import { type AgentContract, agentSettings, type Input } from '#runtime/contracts/agent.ts';
import type { EventTypes } from '#runtime/contracts/event-types.ts';
import type {
  DeployedSubscriptions,
  EventData,
  FilterValue,
  JoinRule,
  PerRun,
  SubscriptionRule,
  SubscriptionsContract,
} from '#runtime/contracts/subscriptions.ts';
import { Agent } from './agent.ts';
import { refuseSubscriptionsWithoutJson } from './json-form.ts';
import { checkSubscriptions, type DeclaredRule } from './subscriptions-check.ts';

export interface SubscriptionsProps<E extends EventTypes> {
  readonly contract: SubscriptionsContract<string, E>;
}

/** The newest data of an event type in the run. */
export interface Latest<T extends string> {
  readonly latest: T;
}

/** What the run knows already: `{ previous: latest('user.intent.identified') }`. */
export const latest = <const T extends string>(type: T): Latest<T> => ({ latest: type });

type Past<E extends EventTypes> = Readonly<Record<string, Latest<keyof E & string>>>;
type PastData<E extends EventTypes, P extends Past<E>> = {
  readonly [F in keyof P]: EventData<E, P[F]['latest']> | null;
};

/** The agent itself if it takes such data; otherwise a sentence, which no agent is. */
type Takes<D, C extends AgentContract, What extends string> =
  D extends Input<C> ? C : `the input of this agent does not fit ${What}`;

type FieldOf<D> = D extends unknown ? keyof D : never;
type ValueOf<D, F> = D extends unknown ? (F extends keyof D ? D[F] : never) : never;
type Where<D> = { readonly [F in FieldOf<D>]?: Extract<ValueOf<D, F>, FilterValue> };
type Filter = Readonly<Record<string, FilterValue>>;

export interface EventRuleOptions<P> {
  /** First part of its reactions' paths, as a step's name. @default - the agent's name in camel case */
  readonly name?: string;
  /** @default 'parallel' */
  readonly perRun?: PerRun;
  /** Further fields of the agent's input: the newest data of other events in the run, `null` where there are none. @default - none */
  readonly previous?: P;
}

export interface JoinRuleOptions {
  /** First part of its reactions' paths, as a step's name. @default - the agent's name in camel case */
  readonly name?: string;
  /** @default 'run' */
  readonly per?: JoinRule['per'];
  /** Seconds after the first of the events at which the others are not waited for any more. */
  readonly timeoutSeconds: number;
}

/**
 * Agents that react to events: they know types of events, never each other. Runs of it begin with an
 * event from outside (`POST /events`).
 *
 * Synth throws a DefinitionError that names every rule that cannot work (`subscriptions-check.ts` has
 * the list).
 */
export class Subscriptions<E extends EventTypes = EventTypes> extends Construct {
  readonly contract: SubscriptionsContract<string, E>;
  readonly #declared: DeclaredRule[] = [];

  constructor(scope: Construct, id: string, { contract }: SubscriptionsProps<E>) {
    super(scope, id);
    refuseSubscriptionsWithoutJson(contract);
    this.contract = contract;
  }

  /**
   * When this happens, that agent reacts.
   * @param agent its input: the event's data and what `previous` adds
   * @param where fields of the data and what they have to be
   */
  on<
    const K extends keyof E & string,
    C extends AgentContract,
    const P extends Past<E> = Record<never, never>,
  >(
    type: K,
    agent: Takes<EventData<E, K> & PastData<E, P>, C, K>,
    where: Where<EventData<E, K>> = {},
    { name, perRun = 'parallel', previous }: EventRuleOptions<P> = {},
  ): this {
    return this.#declare(agent, name, (rule) => ({
      ...rule,
      kind: 'event',
      type,
      where: where as Filter, // a field that is there has a value
      perRun,
      previous: Object.fromEntries(
        Object.entries(previous ?? {}).map(([field, past]) => [field, past.latest]),
      ),
    }));
  }

  /**
   * When all of these have happened, that agent reacts, once.
   * @param types field of the agent's input → type of the event whose data it gets
   */
  onAll<const M extends Readonly<Record<string, keyof E & string>>, C extends AgentContract>(
    types: M,
    agent: Takes<{ [F in keyof M]: EventData<E, M[F]> }, C, M[keyof M]>,
    { name, per = 'run', timeoutSeconds }: JoinRuleOptions,
  ): this {
    return this.#declare(agent, name, (rule) => ({
      ...rule,
      kind: 'join',
      types,
      per,
      timeoutSeconds,
    }));
  }

  /**
   * The rules as the router reads them.
   * @throws DefinitionError naming each rule that cannot work.
   */
  deployed(): DeployedSubscriptions {
    const { contract } = this;
    checkSubscriptions(contract, this.#declared);
    const { completesOn, quietSeconds, deadlineSeconds, hopBudget } = contract;
    const unversioned = {
      name: contract.name,
      rules: this.#declared.map(({ rule }) => rule),
      ...(completesOn !== undefined && { completesOn }),
      quietSeconds,
      deadlineSeconds,
      ...(hopBudget !== undefined && { hopBudget }),
    };
    return { ...unversioned, version: versionOf(unversioned) };
  }

  #declare(
    agent: unknown,
    name: string | undefined,
    complete: (rule: Pick<SubscriptionRule, 'name' | 'agent' | 'maxAttempts'>) => SubscriptionRule,
  ): this {
    const contract = agent as AgentContract; // what else `Takes` may be, nobody can write down
    Agent.of(this, contract);
    const rule = complete({
      name: name ?? camelCase(contract.name),
      agent: contract.name,
      maxAttempts: 1 + agentSettings(contract).retries,
    });
    this.#declared.push({ rule, agent: contract });
    return this;
  }
}

const camelCase = (name: string): string =>
  name.replaceAll(/-([a-z0-9])/g, (_, first: string) => first.toUpperCase());

const versionOf = (rules: Omit<DeployedSubscriptions, 'version'>): string =>
  createHash('sha256').update(JSON.stringify(rules)).digest('hex').slice(0, 16);
