import { describe, expect, test } from 'vitest';
import { AgentsStack } from '../../infra/stacks/agents-stack.ts';
import { realEstateAgents } from '../../infra/workflows/real-estate.ts';
import { testApp } from '../support/deployment.ts';

describe('the real-estate agents', () => {
  const { rules, ...run } = realEstateAgents(AgentsStack.within(testApp())).deployed();

  test('react to what the user says, wants and gets, and to nothing else', () => {
    const reactions = rules.map((rule) => [
      rule.agent,
      rule.kind === 'join' ? Object.values(rule.types) : [rule.type],
    ]);
    expect(Object.fromEntries(reactions)).toEqual({
      'extract-preferences': ['user.message.received'],
      'search-listings': ['user.intent.identified'],
      'qualify-lead': ['user.intent.identified'],
      'schedule-meeting': ['listings.found', 'lead.qualified'],
    });
  });

  test('read messages in turn, each with what was known before', () => {
    expect(rules.find(({ agent }) => agent === 'extract-preferences')).toMatchObject({
      perRun: 'serial',
      previous: { previous: 'user.intent.identified' },
    });
  });

  test('qualify only who wants to visit, and book for each message by what it has found itself', () => {
    expect(rules.find(({ agent }) => agent === 'qualify-lead')).toMatchObject({
      where: { wantsVisit: true },
    });
    expect(rules.find(({ agent }) => agent === 'schedule-meeting')).toMatchObject({
      per: 'origin',
      timeoutSeconds: 60,
    });
  });

  test('have done when a meeting is scheduled, or nothing was said for two minutes', () => {
    expect(run).toMatchObject({
      name: 'real-estate',
      completesOn: 'meeting.scheduled',
      quietSeconds: 120,
      deadlineSeconds: 3600,
    });
  });
});
