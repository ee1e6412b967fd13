import { describe, expect, test } from 'vitest';
import { isRunning, parseLinuxStat, processIdOf } from '../../../localstack/process-id.ts';

const stat = (command: string, state: string): string =>
  `4711 (${command}) ${state} 1 4711 4711 0 -1 4194560 100 0 0 0 5 2 0 0 20 0 1 0 987654 1000 200`;

describe('parseLinuxStat', () => {
  test('reads the start time', () => {
    expect(parseLinuxStat(stat('node', 'S'))).toBe('987654');
  });

  test('is not misled by the command', () => {
    expect(parseLinuxStat(stat('a) Z 1 (b', 'R'))).toBe('987654');
  });

  test('takes a zombie for gone', () => {
    expect(parseLinuxStat(stat('node', 'Z'))).toBeNull();
  });
});

describe('processIdOf', () => {
  test('knows this process, and no process that has its number from another time', async () => {
    const self = await processIdOf(process.pid);
    expect(self).toMatchObject({ pid: process.pid });
    if (self === null) return;
    await expect(isRunning(self)).resolves.toBe(true);
    await expect(isRunning({ ...self, started: '1' })).resolves.toBe(false);
  });
});
