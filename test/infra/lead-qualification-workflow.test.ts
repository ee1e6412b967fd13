import { Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import { runWorkflow, type ScriptedAgent } from '#runtime/testing/run-workflow.ts';
import { synthesizedMachine } from '../../infra/synthesized-machine.ts';
import { leadQualificationWorkflow } from '../../infra/workflows/lead-qualification.ts';
import { testApp } from '../support/deployment.ts';

const stack = new Stack(testApp(), 'Workflows');
leadQualificationWorkflow(stack);
const machine = synthesizedMachine(stack, 'lead-qualification');

const lead = {
  leadId: 'l-1',
  country: 'us',
  source: 'b',
  ordersOnline: false,
  address: 'business',
};
const history = { purchases: 1, daysSinceFirstUpdate: 20, daysSinceLastUpdate: 10 };
const qualification = { leadId: 'l-1', segment: 'business', score: 0.5, grade: 'warm' };

const agents: Readonly<Record<string, ScriptedAgent>> = {
  'classify-lead': () => ({ segment: 'business' }),
  'enrich-lead': () => ({ history }),
  'score-lead': () => ({ score: 0.5, grade: 'warm' }),
  'store-lead': () => ({ qualificationId: 'Q-1' }),
};
const run = (more: Readonly<Record<string, ScriptedAgent>> = {}) =>
  runWorkflow(machine, { input: lead, agents: { ...agents, ...more } });

describe('the lead-qualification workflow', () => {
  test('classifies, enriches, scores and stores, each with what it needs', async () => {
    const result = await run();
    expect(result).toMatchObject({
      status: 'succeeded',
      output: { ...qualification, qualificationId: 'Q-1' },
    });
    expect(result.steps.map(({ path, input }) => [path, input])).toEqual([
      ['classify', { lead }],
      ['enrich', { leadId: 'l-1' }],
      ['score', { lead, history }],
      ['store', qualification],
    ]);
  });

  test('scores a lead that has no history', async () => {
    const { steps } = await run({ 'enrich-lead': () => ({ history: null }) });
    expect(steps.find(({ path }) => path === 'score')?.input).toEqual({ lead, history: null });
  });

  test('retries what may pass, and stores nothing of what does not', async () => {
    let tries = 0;
    const flaky: ScriptedAgent = () => {
      tries += 1;
      if (tries < 3) throw new RetryableError('later');
      return { segment: 'business' };
    };
    expect(await run({ 'classify-lead': flaky })).toMatchObject({ status: 'succeeded' });
    const refused: ScriptedAgent = () => {
      throw new TerminalError('no');
    };
    const failed = await run({ 'enrich-lead': refused });
    expect(failed.status).toBe('failed');
    expect(failed.steps.map(({ path }) => path)).not.toContain('store');
  });
});
