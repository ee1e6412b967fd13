/**
 * The cloud of the contract tests: `inject('cloudUnderTest')`.
 *
 * `SIGNALBOX_CONTRACT_CLOUD=aws` takes AWS and starts nothing; otherwise it is the cloud that
 * `AWS_ENDPOINT_URL` names or an embedded one of its own. Without Python it is `null`.
 */
import type { TestProject } from 'vitest/node';
import { cloudOrNull } from '../../support/cloud-setup.ts';
import { type CloudUnderTest, cloudAt, nameOf } from './cloud-under-test.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `null` when this machine cannot run a local cloud. */
    cloudUnderTest: CloudUnderTest | null;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const named = process.env.SIGNALBOX_CONTRACT_CLOUD;
  const cloud = nameOf(named) === 'aws' ? null : await cloudOrNull();
  project.provide('cloudUnderTest', await cloudAt(cloud?.endpoint ?? null, named));
  return async () => {
    await cloud?.stop();
  };
}
