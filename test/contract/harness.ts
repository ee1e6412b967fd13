/**
 * Contract tests: one behaviour of AWS each, written from its documentation, through the AWS SDK.
 *
 * Job: `contractTest(name, fn)` runs `fn` on the cloud under test and holds it to what
 * `localstack/capabilities.ts` says of that cloud.
 * Boundary: a test sees a cloud only through SDK clients, and touches only what it made.
 *
 * Invariants
 * K1. A claimed behaviour that fails, fails.
 * K2. A denied one is run all the same: failing it is skipped by name with the reason, passing it is
 *     marked as surprising (`test/run-contract.ts` lists both).
 * K3. What a test made is removed when it ends, however it ends.
 * K4. One file runs on every cloud: times are stretched by the cloud, never the assertions.
 */
import { afterAll, inject, type TestContext, test } from 'vitest';
import {
  type CapabilityName,
  type CloudName,
  reasonAgainst,
} from '../../localstack/capabilities.ts';
import { Cleanup } from './support/cleanup.ts';
import { clientsOf } from './support/clients.ts';
import type { CloudUnderTest } from './support/cloud-under-test.ts';
import { functionMakers } from './support/functions.ts';
import { createJournalTable, type Journal, openJournal } from './support/journal.ts';
import { machineMakers } from './support/machines.ts';
import { uniqueName } from './support/names.ts';
import { eventually, patienceFor } from './support/patience.ts';
import { createRole, isRoleUnknown } from './support/role.ts';
import { storeMakers } from './support/stores.ts';

declare module 'vitest' {
  interface TaskMeta {
    cloud?: CloudName;
    /** The cloud passed a test that its capabilities deny. */
    surprising?: true;
  }
}

export interface ContractOptions {
  /** On the embedded cloud; other clouds have more. @default 60 seconds */
  readonly timeoutMs?: number;
  /**
   * No other test of the file runs meanwhile: for a test that measures short times.
   * @default false
   */
  readonly alone?: boolean;
}

/** What a contract test is handed. */
export type Contract = ReturnType<typeof contractOn>;

/** Ten times what a test takes here: it ends those that hang, and says nothing of speed. */
const TIMEOUT_MS = 60_000;
const LOOK_MS = 30_000;
/** Making and removing roles and tables takes its time. */
const HOOK_MS = 120_000;

const cloud = inject('cloudUnderTest');
const file = cloud === null ? null : openFile(cloud);
afterAll(() => file?.close(), HOOK_MS);

/** @param name the behaviour's name in `localstack/capabilities.ts` */
export function contractTest(
  name: CapabilityName,
  run: (contract: Contract) => Promise<void>,
  { timeoutMs = TIMEOUT_MS, alone = false }: ContractOptions = {},
): void {
  // This machine cannot run a local cloud.
  if (cloud === null || file === null) {
    test.skip(name);
    return;
  }
  const limitMs = patienceFor(cloud.name, timeoutMs);
  const define = alone ? test : test.concurrent;
  define(
    name,
    async (context) => {
      const cleanup = new Cleanup();
      // The context's, not the imported one: that goes to another test when several run at once.
      context.onTestFinished(() => cleanup.run(), HOOK_MS);
      await hold(context, cloud, name, () => run(contractOn(cloud, file, cleanup)), limitMs);
    },
    // A denied test that hangs is to be skipped by us, not failed by the runner.
    limitMs + 5_000,
  );
}

async function hold(
  context: TestContext,
  { name: cloudName }: CloudUnderTest,
  name: CapabilityName,
  run: () => Promise<void>,
  limitMs: number,
): Promise<void> {
  const reason = reasonAgainst(name, cloudName);
  context.task.meta.cloud = cloudName;
  const failure = await within(limitMs, run);
  if (reason === null) {
    if (failure !== null) throw failure.error;
    return;
  }
  if (failure !== null) context.skip(`${cloudName}: ${reason}`);
  context.task.meta.surprising = true;
}

async function within(
  limitMs: number,
  run: () => Promise<void>,
): Promise<{ readonly error: unknown } | null> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not done in ${limitMs} ms`)), limitMs);
  try {
    await Promise.race([run(), late.promise]);
    return null;
  } catch (error) {
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

/** What the tests of one file share, made at first need: the clients, a role, a table of journals. */
function openFile(on: CloudUnderTest) {
  const clients = clientsOf(on);
  const cleanup = new Cleanup();
  let role: Promise<string> | undefined;
  let journals: Promise<string> | undefined;
  return {
    clients,
    role: () => {
      role ??= createRole(clients.iam, cleanup);
      return role;
    },
    journals: () => {
      journals ??= createJournalTable(clients.dynamoDb, cleanup);
      return journals;
    },
    close: async () => {
      await cleanup.run();
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}

function contractOn(
  { name: cloudName }: CloudUnderTest,
  shared: ReturnType<typeof openFile>,
  cleanup: Cleanup,
) {
  const { clients, role } = shared;
  const look = <T>(see: () => Promise<T> | T, what: string, withinMs = LOOK_MS) =>
    eventually(see, { what, withinMs: patienceFor(cloudName, withinMs) });

  const withRole = async <T>(make: () => Promise<T>): Promise<T> => {
    if (cloudName !== 'aws') return make();
    const made = await look(
      () =>
        make().then(
          (value) => ({ value }),
          (error) => {
            if (!isRoleUnknown(error)) return { error };
            throw error;
          },
        ),
      'role that the service knows',
    );
    if ('error' in made) throw made.error;
    return made.value;
  };
  const context = { clients, cleanup, role, withRole, eventually: look };

  return {
    /** Whose column of the capabilities applies. Not for branching: a contract is one for all. */
    cloudName,
    clients,
    uniqueName,
    role,
    /**
     * Looks again until something is there: `null`, `false` and a thrown error (a failed `expect`
     * too) mean "not yet".
     * @param withinMs on the embedded cloud @default 30 seconds
     */
    eventually: look,
    /** Removes what a test made by itself; the last one first. */
    defer: (what: string, remove: () => Promise<unknown>) => cleanup.add(what, remove),
    /** What functions write down: give its `environment` to them. */
    journal: async (): Promise<Journal> => openJournal(clients.dynamoDb, await shared.journals()),
    ...storeMakers(clients, cleanup),
    ...functionMakers(context),
    ...machineMakers(context),
  };
}
