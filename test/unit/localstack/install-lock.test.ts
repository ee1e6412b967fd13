import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withInstallLock } from '../../../localstack/install-lock.ts';
import { processIdOf } from '../../../localstack/process-id.ts';

describe('withInstallLock', () => {
  let folder = '';
  let lock = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signalbox-lock-'));
    lock = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('lets one work while the other waits', async () => {
    const happened: string[] = [];
    const work = (name: string) =>
      withInstallLock(lock, 5_000, async () => {
        happened.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 50));
        happened.push(`${name} ends`);
      });
    await Promise.all([work('a'), work('b')]);
    const [first] = happened;
    const order = first === 'a begins' ? ['a', 'b'] : ['b', 'a'];
    expect(happened).toEqual(order.flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  test('is free again after work that fails', async () => {
    const failing = withInstallLock(lock, 5_000, () => Promise.reject(new RangeError('no')));
    await expect(failing).rejects.toThrow(RangeError);
    await expect(readFile(lock)).rejects.toThrow('ENOENT');
  });

  test('is taken over from a process that is gone', async () => {
    await writeFile(lock, JSON.stringify({ pid: process.pid, started: 'another time' }));
    await expect(withInstallLock(lock, 60_000, async () => 'done')).resolves.toBe('done');
  });

  test('goes ahead when the holder takes too long', async () => {
    await writeFile(lock, JSON.stringify(await processIdOf(process.pid)));
    await expect(withInstallLock(lock, 150, async () => 'done')).resolves.toBe('done');
  });

  test('says so when the lock cannot be written at all', async () => {
    const unwritable = join(folder, 'none-such', 'lock');
    await expect(withInstallLock(unwritable, 60_000, async () => 'done')).rejects.toThrow('ENOENT');
  });
});
