import { Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import { runWorkflow, type ScriptedAgent } from '#runtime/testing/run-workflow.ts';
import { support } from '../../functions/support/contracts.ts';
import { synthesizedMachine } from '../../infra/synthesized-machine.ts';
import { supportWorkflow } from '../../infra/workflows/support.ts';
import { testApp } from '../support/deployment.ts';

const stack = new Stack(testApp(), 'Workflows');
supportWorkflow(stack);
const machine = synthesizedMachine(stack, 'support');

const input = { query: 'What is a fence?', customerId: 'c-1' };
const passages = [{ id: 'p1', file: 'docs/a.md', heading: 'Words', text: 'A fence.' }];
const citations = [{ file: 'docs/a.md', heading: 'Words' }];
const ticket = { ticketId: 'T-1', reason: 'not-answered', summary: 'Asks.' };

const agents: Readonly<Record<string, ScriptedAgent>> = {
  'identify-intent': () => ({ intent: 'question' }),
  'retrieve-passages': () => ({ passages }),
  'answer-question': () => ({ answerable: true, answer: 'A number.', citations }),
  'open-ticket': () => ticket,
};
const run = (more: Readonly<Record<string, ScriptedAgent>> = {}) =>
  runWorkflow(machine, { input, agents: { ...agents, ...more } });
const handedOff = { status: 'succeeded', output: { kind: 'handed-off', ...ticket } };

describe('the support workflow', () => {
  test('answers a question from the passages found, with citations', async () => {
    const result = await run();
    expect(result).toMatchObject({
      status: 'succeeded',
      output: { kind: 'answered', answer: 'A number.', citations },
    });
    expect(result.steps.map(({ path, input: given }) => [path, given])).toEqual([
      ['intent', { query: input.query }],
      ['retrieve', { query: input.query, limit: 5 }],
      ['answer', { question: input.query, passages }],
    ]);
  });

  test('spends one transition per agent step, one per choice and one on its end', async () => {
    const { steps, transitions } = await run();
    expect(transitions).toBe(steps.length + 2 + 1);
  });

  test.each(['person', 'other'])('hands over at once when the intent is "%s"', async (intent) => {
    const result = await run({ 'identify-intent': () => ({ intent }) });
    expect(result).toMatchObject(handedOff);
    expect(result.steps.map(({ path }) => path)).toEqual(['intent', 'handoff']);
    expect(result.steps[1]?.input).toEqual({ ...input, intent });
  });

  test('hands over what the documentation does not answer', async () => {
    const result = await run({
      'retrieve-passages': () => ({ passages: [] }),
      'answer-question': () => ({ answerable: false, answer: '', citations: [] }),
    });
    expect(result).toMatchObject(handedOff);
    expect(result.steps.map(({ path }) => path)).toEqual([
      'intent',
      'retrieve',
      'answer',
      'handoff',
    ]);
  });

  test('hands over when the model cannot cite what it says', async () => {
    const result = await run({
      'answer-question': () => {
        throw new TerminalError('cites nothing', { code: 'OUTPUT_INVALID' });
      },
    });
    expect(result).toMatchObject(handedOff);
  });

  test('fails, and opens no ticket, when the model stays away', async () => {
    const result = await run({
      'answer-question': () => {
        throw new RetryableError('away', { code: 'MODEL_UNAVAILABLE' });
      },
    });
    expect(result).toMatchObject({ status: 'failed', error: { name: 'Agent.Retryable' } });
    expect(result.steps.map(({ path }) => path)).not.toContain('handoff');
  });

  test('ends with outputs that its contract takes', async () => {
    for (const result of [
      await run(),
      await run({ 'identify-intent': () => ({ intent: 'other' }) }),
    ]) {
      expect(support.output.safeParse('output' in result && result.output).success).toBe(true);
    }
  });

  test('tags a run with its customer', () => {
    expect(support.tags?.(input)).toEqual({ customer: 'c-1' });
  });
});
