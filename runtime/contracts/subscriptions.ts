/**
 * Subscriptions: which agent reacts to which events of a run.
 *
 * Job: what a user declares (`subscriptionsContract`), and the rules as synth writes them and the router
 * reads them. Boundary: no CDK, no AWS.
 *
 * Words: an agent's *reaction* is one step of a reactive run, caused by an event (or by the last of those
 * that a join waits for). An *origin* is an event that came from outside through `POST /events`; what
 * follows from it, over any number of reactions, has the same origin. An event's *hops* are the
 * reactions between it and its origin.
 */
import type * as z from 'zod/v4/core';
import { DefinitionError } from './errors.ts';
import { type EventTypes, eventTypes } from './event-types.ts';

export interface SubscriptionsDefinition<
  Name extends string = string,
  E extends EventTypes = EventTypes,
> {
  /** Kebab case, at most 40 characters: what its runs are called by, as workflows are by theirs. */
  readonly name: Name;
  /** Every domain event of its runs, those from outside included. */
  readonly events: E;
  /** The event with which a run has succeeded; its data are the run's output. @default - quiet time alone ends a run */
  readonly completesOn?: keyof E & string;
  /** Seconds without an event, and without a reaction under way, after which a run is over: 1 to 86,400. */
  readonly quietSeconds: number;
  /** Seconds after acceptance at which a run ends whatever goes on, 1 to 31,536,000. */
  readonly deadlineSeconds: number;
  /** Reactions that may follow from one origin in a row, 1 to 1,000; needed where the rules go round in a circle. @default - what the rules come to */
  readonly hopBudget?: number;
}

/** A checked definition. */
export interface SubscriptionsContract<
  Name extends string = string,
  E extends EventTypes = EventTypes,
> extends Omit<SubscriptionsDefinition<Name, E>, 'completesOn'> {
  readonly kind: 'subscriptions';
  /** One of the events. A text here, so that whoever takes any contract takes this one. */
  readonly completesOn?: string;
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Declares the events of reactive runs, and when such a run is over.
 * @throws DefinitionError naming the field, the value got and what is allowed.
 */
export function subscriptionsContract<const Name extends string, const E extends EventTypes>(
  definition: SubscriptionsDefinition<Name, E>,
): SubscriptionsContract<Name, E> {
  const { name, events, completesOn, quietSeconds, deadlineSeconds, hopBudget } = definition;
  const refuse = (field: string, got: unknown, allowed: string): never => {
    throw new DefinitionError(
      `subscriptions "${name}": ${field} is ${JSON.stringify(got)}; allowed: ${allowed}`,
    );
  };
  const between = (field: string, value: number, low: number, high: number): void => {
    if (!Number.isInteger(value) || value < low || value > high) {
      refuse(field, value, `a whole number from ${low} to ${high}`);
    }
  };
  if (!NAME.test(name) || name.length > 40)
    refuse('name', name, 'kebab case, at most 40 characters');
  eventTypes(events);
  if (completesOn !== undefined && !Object.hasOwn(events, completesOn)) {
    refuse('completesOn', completesOn, `one of its events: ${Object.keys(events).join(', ')}`);
  }
  between('quietSeconds', quietSeconds, 1, 86_400);
  between('deadlineSeconds', deadlineSeconds, 1, 31_536_000);
  if (hopBudget !== undefined) between('hopBudget', hopBudget, 1, 1000);
  return { ...definition, kind: 'subscriptions' };
}

/** Data of one of its events. */
export type EventData<E extends EventTypes, T extends keyof E> = z.output<E[T]>;

/**
 * What happens when a rule is met while a reaction of its is under way in the same run: `parallel` begins
 * another one, `serial` begins it afterwards, in the order of the events, `latest` too, but of those that
 * wait only the newest.
 */
export type PerRun = 'parallel' | 'serial' | 'latest';

/** What a filter compares with: equal or not. */
export type FilterValue = string | number | boolean | null;

interface Rule {
  /** Unique in its subscriptions, and the first part of its reactions' paths: `searchListings@0`, `searchListings@1`. */
  readonly name: string;
  readonly agent: string;
  /** Attempts that a reaction has, the first one included. */
  readonly maxAttempts: number;
}

/** When this happens, that agent reacts. Its input: the event's data, and what `previous` names. */
export interface EventRule extends Rule {
  readonly kind: 'event';
  readonly type: string;
  /** Fields of the data and what they have to be; empty: every event of the type. */
  readonly where: Readonly<Record<string, FilterValue>>;
  readonly perRun: PerRun;
  /** Field of the input → type of the event whose newest data in the run, as of the reaction's beginning, it gets; `null` if there is none. */
  readonly previous: Readonly<Record<string, string>>;
}

/** When all of these have happened, that agent reacts, once. Its input: the data of each by its field; of several events of one type, the newest. */
export interface JoinRule extends Rule {
  readonly kind: 'join';
  /** Field of the input → type of the event. */
  readonly types: Readonly<Record<string, string>>;
  /** Once in a run, or once for every origin: of what follows from one message. */
  readonly per: 'run' | 'origin';
  /** Seconds after the first of them has come at which the join is given up, for good. */
  readonly timeoutSeconds: number;
}

export type SubscriptionRule = EventRule | JoinRule;

/** Subscriptions as they are deployed: what the router is told. */
export interface DeployedSubscriptions {
  readonly name: string;
  /** Hash of the rules. */
  readonly version: string;
  readonly rules: readonly SubscriptionRule[];
  readonly completesOn?: string;
  readonly quietSeconds: number;
  readonly deadlineSeconds: number;
  /** @default - no limit: the rules have no circle */
  readonly hopBudget?: number;
}
