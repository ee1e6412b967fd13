import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { type Customer, readCustomers } from '../../data/leads/customers.ts';
import { leadsCsv } from '../../data/leads/leads-csv.ts';
import { gradeOf, scoreOf } from '../../functions/lead-qualification/score.ts';
import model from '../../functions/lead-qualification/score-model.json' with { type: 'json' };
import { deployed, ended, eventually, live } from '../support/live.ts';

const customers = readCustomers();
const isEmbedded = deployed !== null && deployed.cloudPid !== null;

/** What has to become of a lead. */
function qualificationOf({ lead, history }: Customer) {
  const score = scoreOf(model, lead, history);
  const inUs = lead.address === 'residential' ? 'consumer' : 'business';
  return {
    leadId: lead.leadId,
    segment: lead.country === 'us' ? inUs : 'international',
    score,
    grade: gradeOf(score),
  };
}

/** The deployed system, and real leads that nobody else here takes. */
function leadsAndSystem(from: number) {
  const system = live();
  let next = from;
  const take = (count: number): readonly Customer[] => {
    next += count;
    return customers.slice(next - count, next);
  };
  const start = ({ lead }: Customer, idempotencyKey?: string) =>
    system.client.startRun({
      workflow: 'lead-qualification',
      input: lead,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    });
  return { ...system, take, takeOne: (): Customer => take(1)[0] as Customer, start };
}

describe.skipIf(!isEmbedded)('lead qualification, deployed', () => {
  const { client, crm, qualificationsOf, killWorkers, modelStats, ...leads } = leadsAndSystem(0);
  const { take, takeOne, start } = leads;
  afterEach(() => crm.release());

  test('sorts, scores and stores real leads, each once', async () => {
    const six = take(6);
    const runs = await Promise.all(six.map((customer) => start(customer)));
    const ends = await Promise.all(runs.map(({ id }) => ended(client, id)));
    for (const [i, customer] of six.entries()) {
      const expected = qualificationOf(customer);
      const stored = await qualificationsOf(customer.lead.leadId);
      expect(stored).toEqual([expect.objectContaining(expected)]);
      expect(ends[i]?.output).toEqual({ ...expected, qualificationId: stored[0]?.id });
    }
    const { events } = await client.events(runs[0]?.id ?? '');
    expect(events.find(({ type }) => type === 'lead.qualified')?.data).toEqual(
      qualificationOf(six[0] as Customer),
    );
  });

  test('R2: a worker killed while it stores a lead stores it once, and nothing before is done again', async () => {
    const customer = takeOne();
    await crm.hold();
    const { id } = await start(customer);
    await eventually(crm.stats, ({ held }) => held > 0);
    const [asked, { histories }] = [await modelStats(), await crm.stats()];
    expect(await killWorkers('store-lead')).toBeGreaterThan(0);
    await eventually(crm.stats, ({ held }) => held === 0);
    await crm.release();

    const run = await ended(client, id);
    const stored = await qualificationsOf(customer.lead.leadId);
    expect(run).toMatchObject({
      status: 'succeeded',
      output: { ...qualificationOf(customer), qualificationId: stored[0]?.id },
    });
    expect(stored).toHaveLength(1);
    expect(run.steps.find(({ path: at }) => at === 'store')).toMatchObject({
      attempts: 1,
      starts: 2,
    });
    expect(await modelStats()).toEqual(asked);
    expect((await crm.stats()).histories).toBe(histories);
  });

  test('a lead sent twice under one key is one run and is stored once', async () => {
    const customer = takeOne();
    const key = `lead-${crypto.randomUUID()}`;
    const [first, second] = await Promise.all([start(customer, key), start(customer, key)]);
    expect(second.id).toBe(first.id);
    await ended(client, first.id);
    expect((await start(customer, key)).id).toBe(first.id);
    expect(await qualificationsOf(customer.lead.leadId)).toHaveLength(1);
  });
});

describe.skipIf(!isEmbedded)('a file of leads, deployed', () => {
  const { client, apiUrl, qualificationsOf, take } = leadsAndSystem(100);

  /** Sends rows with the command line, each under the key of its lead. */
  async function send(rows: readonly string[]): Promise<{ code: number; report: BulkReport }> {
    const folder = await mkdtemp(path.join(tmpdir(), 'signalbox-leads-'));
    const file = path.join(folder, 'leads.csv');
    try {
      await writeFile(file, rows.join('\n'));
      const argv = ['runs', 'start', 'lead-qualification', '--file', file, '--key', 'leadId'];
      return await signalbox([...argv, '--api', apiUrl, '--json']);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  const idsOf = ({ started }: BulkReport): readonly string[] =>
    started.map(({ run }) => run).sort();

  test('is started once however often it is sent, and not at all when a row is bad', async () => {
    const five = take(5);
    const lines = leadsCsv().split('\n');
    const header = lines[0] ?? '';
    const rows = five.map(({ number }) => lines[number] ?? '');
    const bad = await send([header, ...rows, 'x,mars,a,true,business']);
    const problem = expect.stringContaining('country');
    expect(bad).toMatchObject({
      code: 1,
      report: { started: [], refused: [{ line: 7, problem }] },
    });

    const first = await send([header, ...rows]);
    expect(first).toMatchObject({ code: 0, report: { refused: [], left: 0 } });
    const again = await send([header, ...rows.toReversed()]);
    expect(idsOf(again.report)).toEqual(idsOf(first.report));
    await Promise.all(idsOf(first.report).map((id) => ended(client, id)));
    for (const { lead } of five) expect(await qualificationsOf(lead.leadId)).toHaveLength(1);
  });
});

interface BulkReport {
  readonly started: readonly { readonly line: number; readonly run: string }[];
  readonly refused: readonly { readonly line: number; readonly problem: string }[];
  readonly left?: number;
}

/** The command line as a process of its own. */
async function signalbox(argv: readonly string[]): Promise<{ code: number; report: BulkReport }> {
  const main = path.resolve(import.meta.dirname, '../../cli/main.ts');
  const { code, stdout } = await promisify(execFile)(process.execPath, [main, ...argv]).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  );
  return { code, report: JSON.parse(stdout) };
}
