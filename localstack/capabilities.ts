/**
 * What each cloud does as AWS documents it, behaviour by behaviour.
 *
 * Job: the one list that contract tests (`test/contract/`) are held to. A behaviour's name is its
 * test's name.
 *
 * Rules
 * B1. A claim (`true`) whose test fails, fails the run. A denial whose test passes is reported.
 * B2. A denial says why, in words a user of that cloud can use.
 * B3. Only what was run is called run: `EVIDENCE` says which column is.
 */
import { cloudFormation } from './capabilities/cloud-formation.ts';
import { eventSources } from './capabilities/event-sources.ts';
import { functions } from './capabilities/functions.ts';
import { repairs } from './capabilities/repairs.ts';
import { stepFunctions } from './capabilities/step-functions.ts';

export const CLOUD_NAMES = ['embedded', 'localstack', 'aws'] as const;
export type CloudName = (typeof CLOUD_NAMES)[number];

/** What the columns rest on. */
export const EVIDENCE: Readonly<Record<CloudName, string>> = {
  embedded: 'run at every `npm test`',
  localstack: 'read in the documentation and source of LocalStack 4.14, not run',
  aws: 'read in the documentation of AWS, not run',
};

const CAPABILITIES = {
  ...stepFunctions,
  ...eventSources,
  ...functions,
  ...cloudFormation,
  ...repairs,
};

export type CapabilityName = keyof typeof CAPABILITIES;

export const CAPABILITY_NAMES = Object.keys(CAPABILITIES) as readonly CapabilityName[];

/** Why the cloud lacks the behaviour; `null` when it has it. */
export function reasonAgainst(name: CapabilityName, cloud: CloudName): string | null {
  const claim = CAPABILITIES[name][cloud];
  return claim === true ? null : claim.no;
}
