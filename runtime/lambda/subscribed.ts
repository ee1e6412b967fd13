import type { DeployedSubscriptions } from '../contracts/subscriptions.ts';

/** Deployed subscriptions by their name, which their runs carry as `workflow`. */
export type Subscribed = ReadonlyMap<string, DeployedSubscriptions>;

/** @param json as synth wrote it: what it holds was checked there */
export function subscribedIn(json: string): Subscribed {
  const all: readonly DeployedSubscriptions[] = JSON.parse(json);
  return new Map(all.map((subscriptions) => [subscriptions.name, subscriptions]));
}
