import { describe, expect, test } from 'vitest';
import { diffPage } from '../../../cli/draw/diff.ts';
import { noPaint } from '../../../cli/draw/paint.ts';
import { runPage } from '../../../cli/draw/run.ts';
import { run } from './fixtures.ts';

const SHEET = { width: 100, paint: noPaint };
const usage = { inputTokens: 1100, outputTokens: 104 };

describe('the page of a run', () => {
  const costLine = (over: Parameters<typeof run>[0]) =>
    runPage(run(over), SHEET).find((line) => line.startsWith('cost'));

  test('says what it has cost', () => {
    expect(costLine({ usage, usd: 0.0031 })).toBe('cost      $0.0031 · 1204 tokens');
  });

  test('tells tokens alone where no price is known, and nothing where no model was asked', () => {
    expect(costLine({ usage })).toBe('cost      1204 tokens');
    expect(costLine({})).toBeUndefined();
  });
});

test('a diff sets the costs side by side', () => {
  const side = {
    id: 'r1',
    workflow: 'support',
    status: 'succeeded',
    sentence: '',
    totalMs: 1500,
    tokens: usage,
  } as const;
  const step = {
    agent: 'a',
    status: 'succeeded',
    attempts: 1,
    queuedMs: 0,
    deferredMs: 0,
    runMs: 200,
    tokens: usage,
    calls: [],
  } as const;
  const lines = diffPage(
    {
      a: { ...side, usd: 0.0031 },
      b: { ...side, id: 'r2' },
      sameInput: true,
      sameResult: true,
      divergence: null,
      steps: [{ path: 'answer', differs: [], a: { ...step, usd: 0.0031 }, b: step }],
    },
    SHEET,
  ).join('\n');
  expect(lines).toMatch(/= answer .*\$0\.0031 · 1204 tokens +succeeded · 200 ms · 1204 tokens/);
  expect(lines).toMatch(/whole run .*1\.5 s · \$0\.0031 · 1204 tokens +1\.5 s · 1204 tokens/);
});
