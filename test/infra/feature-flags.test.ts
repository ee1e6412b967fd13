import recommended from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { expect, test } from 'vitest';
import { cdkJson } from '../support/deployment.ts';

/** Where we differ from what CDK recommends, and why. */
const DIFFERENT = {
  // Nothing is reported to CDK's makers (`versionReporting` is off), so nothing is collected.
  '@aws-cdk/core:enableAdditionalMetadataCollection': false,
};

test('every feature flag that CDK recommends is set, to what it recommends or for a reason', () => {
  expect(Object.keys(recommended).length).toBeGreaterThan(50);
  expect(cdkJson.context).toEqual({ ...recommended, ...DIFFERENT });
});
