/** The four agents on the test kit; the customer system is the real local one. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runAgent } from '#runtime/testing/run-agent.ts';
import { readCustomers } from '../../../data/leads/customers.ts';
import { handler as classifyLead } from '../../../functions/lead-qualification/classify-lead.ts';
import { handler as enrichLead } from '../../../functions/lead-qualification/enrich-lead.ts';
import { handler as scoreLead } from '../../../functions/lead-qualification/score-lead.ts';
import { handler as storeLead } from '../../../functions/lead-qualification/store-lead.ts';
import { startCrm } from '../../../localstack/crm/server.ts';
import type { RunningServer } from '../../../localstack/json-server.ts';
import { reply } from '../../../localstack/model-server/skills.ts';

const lead = {
  leadId: 'tayko-1',
  country: 'us',
  source: 'b',
  ordersOnline: true,
  address: 'residential',
} as const;
const qualification = {
  leadId: 'tayko-1',
  segment: 'consumer',
  score: 0.78,
  grade: 'warm',
} as const;

/** The local model, in process. */
const localModel = ({ name, prompt, schema = {} }: LocalCall) =>
  JSON.parse(reply(prompt, { name, schema }));
interface LocalCall {
  readonly name: string;
  readonly prompt: string;
  readonly schema?: Readonly<Record<string, unknown>>;
}

let crm: RunningServer;
beforeEach(async () => {
  crm = await startCrm({ port: 0 });
  process.env.CRM_URL = crm.url;
});
afterEach(async () => {
  delete process.env.CRM_URL;
  await crm.close();
});
const qualificationsAt = async () => (await fetch(`${crm.url}/qualifications`)).json();

describe('classify-lead', () => {
  test.each([
    ['us', 'residential', 'consumer'],
    ['us', 'business', 'business'],
    ['other', 'residential', 'international'],
    ['other', 'business', 'international'],
  ] as const)('sorts a lead of %s, %s: %s', async (country, address, segment) => {
    const result = await runAgent(
      classifyLead,
      { lead: { ...lead, country, address } },
      { model: localModel },
    );
    expect(result.output).toEqual({ segment });
  });

  test('tells the model what the lead says, and nothing of what came of it', async () => {
    const { prompts } = await runAgent(classifyLead, { lead }, { model: localModel });
    expect(prompts).toEqual([
      'Lead tayko-1 is in the United States.\nThe name was taken from list b.\nThe address is residential.\nOrders were placed on the web.',
    ]);
  });

  test('fails, retryably, on a segment that does not exist', async () => {
    const { failure } = await runAgent(
      classifyLead,
      { lead },
      { model: () => ({ segment: 'martian' }) },
    );
    expect(failure).toMatchObject({ code: 'MODEL_OUTPUT_INVALID', retryable: true });
  });
});

describe('enrich-lead', () => {
  test('gives the history that the customer system has', async () => {
    const { output } = await runAgent(enrichLead, { leadId: 'tayko-1' });
    expect(output).toEqual({ history: readCustomers()[0]?.history });
  });

  test('gives none of a lead that it has never heard of', async () => {
    expect((await runAgent(enrichLead, { leadId: 'new-1' })).output).toEqual({ history: null });
  });

  test('is put off, and has not failed, when the customer system is asked too often', async () => {
    const body = JSON.stringify({ rateLimit: { perSecond: 0.01, burst: 1 } });
    await fetch(`${crm.url}/admin/limit`, { method: 'POST', body });
    await runAgent(enrichLead, { leadId: 'tayko-1' });
    const result = await runAgent(enrichLead, { leadId: 'tayko-1' });
    expect(result.failure).toBeUndefined();
    expect(result.deferral).toBeDefined();
  });

  test('ends at once when no customer system is configured', async () => {
    delete process.env.CRM_URL;
    const { failure } = await runAgent(enrichLead, { leadId: 'tayko-1' });
    expect(failure).toMatchObject({ code: 'TERMINAL', retryable: false });
    expect(failure?.message).toContain('CRM_URL');
  });
});

describe('score-lead', () => {
  test('scores high who bought often and lately, low who did neither', async () => {
    const often = { purchases: 6, daysSinceFirstUpdate: 900, daysSinceLastUpdate: 30 };
    const never = { purchases: 0, daysSinceFirstUpdate: 3000, daysSinceLastUpdate: 3000 };
    const hot = await runAgent(scoreLead, { lead, history: often });
    const cold = await runAgent(scoreLead, { lead: { ...lead, source: 'none' }, history: never });
    expect(hot.output?.grade).toBe('hot');
    expect(cold.output?.grade).toBe('cold');
  });

  test('scores a lead without a history, too', async () => {
    const { output } = await runAgent(scoreLead, { lead, history: null });
    expect(output?.score).toBeGreaterThan(0);
    expect(output?.score).toBeLessThan(1);
  });
});

describe('store-lead', () => {
  test('tells the customer system, and announces it', async () => {
    const result = await runAgent(storeLead, qualification);
    expect(result.output).toEqual({ qualificationId: 'Q-1' });
    expect(result.events).toEqual([{ type: 'lead.qualified', data: qualification }]);
    expect(await qualificationsAt()).toEqual({
      qualifications: [{ id: 'Q-1', key: result.effects[0]?.key, ...qualification }],
    });
  });

  test('R2: a recorded qualification is not written again', async () => {
    const result = await runAgent(storeLead, qualification, {
      recorded: { qualification: { id: 'Q-7' } },
    });
    expect(result.output).toEqual({ qualificationId: 'Q-7' });
    expect(await qualificationsAt()).toEqual({ qualifications: [] });
  });

  test('R2: an attempt after one whose end is unknown writes under the same key', async () => {
    const first = await runAgent(storeLead, qualification);
    const again = await runAgent(storeLead, qualification);
    expect(again.output).toEqual(first.output);
    expect(await qualificationsAt()).toEqual({
      qualifications: [{ id: 'Q-1', key: first.effects[0]?.key, ...qualification }],
    });
  });
});
