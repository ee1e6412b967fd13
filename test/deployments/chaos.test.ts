/**
 * The bounded form of `npm run chaos`: fewer runs, each hit at most twice. How fast a hit step is found
 * is for `npm run chaos` to say: this one shares its machine with other deployments.
 */
import { describe, expect, test } from 'vitest';
import { causeChaos } from '../chaos/chaos.ts';
import { canDeploy } from '../support/own-deployment.ts';

const RUNS = 8;

describe.skipIf(!canDeploy)('chaos, deployed', () => {
  test('R1, R2, R5: runs whose workers are killed in mid-step, under failing dependencies, end well; each effect happens once', {
    timeout: 900_000,
  }, async () => {
    const { verdict, wrongs, seen } = await causeChaos({
      runs: RUNS,
      maxHits: 2,
      onlyBusy: true,
      report: (what) => console.error(what),
    });
    expect(
      wrongs,
      JSON.stringify(seen.ended.map(({ status, sentence }) => [status, sentence])),
    ).toEqual([]);
    expect(verdict).toMatchObject({ runs: RUNS, lost: 0, doubledEffects: 0 });
    expect(seen.hits.length).toBeGreaterThan(RUNS / 2);
  });
});
