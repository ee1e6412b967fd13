import { describe, expect, test } from 'vitest';
import { parseConfig, parseStage, STAGES, stageConfig } from '../../infra/config.ts';

describe('parseStage', () => {
  test('refuses an unknown stage and names the ones there are', () => {
    expect(() => parseStage('production')).toThrow(
      'stage is "production"; allowed: local, dev, prod',
    );
  });

  test('refuses what is no text', () => {
    expect(() => parseStage(undefined)).toThrow(/allowed: local, dev, prod/);
  });
});

describe('stageConfig', () => {
  test.each(STAGES)('of stage %s passes its own check', (stage) => {
    expect(parseConfig(stage, stageConfig(stage))).toEqual(stageConfig(stage));
  });

  test('asks for credentials everywhere but on one machine', () => {
    expect(STAGES.filter((stage) => stageConfig(stage).auth === 'none')).toEqual(['local']);
  });

  test('keeps data of prod only', () => {
    expect(STAGES.filter((stage) => stageConfig(stage).retainData)).toEqual(['prod']);
  });

  test('takes the addresses of local services for stage local', () => {
    const config = stageConfig('local', {
      modelBaseUrl: 'http://127.0.0.1:1/v1',
      helpdeskUrl: 'http://127.0.0.1:2',
      crmUrl: 'http://127.0.0.1:3',
      calendarUrl: 'http://127.0.0.1:4',
      otlpEndpoint: 'http://127.0.0.1:5',
    });
    expect(config.model).toMatchObject({ baseUrl: 'http://127.0.0.1:1/v1' });
    expect(config.telemetry).toEqual({ otlpEndpoint: 'http://127.0.0.1:5' });
    expect(config.agentEnvironment).toEqual({
      HELPDESK_URL: 'http://127.0.0.1:2',
      CRM_URL: 'http://127.0.0.1:3',
      CALENDAR_URL: 'http://127.0.0.1:4',
    });
  });

  test('refuses them for any other stage and says where they belong', () => {
    expect(() => stageConfig('dev', { helpdeskUrl: 'http://127.0.0.1:2' })).toThrow(
      'stage "dev" takes no helpdeskUrl from the command line; allowed: stage local only. Put it into infra/config.ts.',
    );
  });

  test('refuses an address that is none', () => {
    expect(() => stageConfig('local', { modelBaseUrl: 'nowhere' })).toThrow(/model\.baseUrl/);
  });
});

describe('parseConfig', () => {
  const good = stageConfig('dev');

  test.each([
    ['an unknown key', { ...good, modle: good.model }, /"modle"/],
    ['an unknown key inside', { ...good, api: { ...good.api, brust: 1 } }, /api: .*"brust"/],
    ['a missing key', { ...good, stream: undefined }, /stream: /],
    [
      'a log retention that CloudWatch does not have',
      { ...good, logRetentionDays: 8 },
      /logRetentionDays: .*\b7\b/,
    ],
    [
      'a concurrency that Lambda does not take',
      { ...good, agentConcurrency: 1 },
      /agentConcurrency: .*2/,
    ],
    [
      'an unknown model provider',
      { ...good, model: { provider: 'other', id: 'x' } },
      /model\.provider/,
    ],
    [
      'a base URL for Bedrock',
      { ...good, model: { ...good.model, baseUrl: 'http://x' } },
      /model: .*"baseUrl"/,
    ],
    [
      'a quota with a misspelt limit',
      { ...good, quotas: { crm: { requestPerSecond: 1 } } },
      /quotas\.crm.*requestPerSecond/,
    ],
    [
      'a quota without a rate',
      { ...good, quotas: { crm: { burst: 1 } } },
      /quotas\.crm\.requestsPerSecond/,
    ],
    [
      'a quota that no contract could name',
      { ...good, quotas: { 'my CRM': { requestsPerSecond: 1 } } },
      /quotas.*my CRM/,
    ],
    [
      'a variable that no shell could set',
      { ...good, agentEnvironment: { 'help desk': 'x' } },
      /agentEnvironment\.help desk/,
    ],
  ])('refuses %s by name', (_, candidate, message) => {
    expect(() => parseConfig('dev', candidate)).toThrow(message);
    expect(() => parseConfig('dev', candidate)).toThrow(/stage "dev".*Allowed keys: auth, model/);
  });
});
