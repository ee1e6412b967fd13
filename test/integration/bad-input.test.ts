import { describe, expect, test } from 'vitest';
import type { Problem } from '#runtime/contracts/api.ts';
import { deployed, ended, eventually, live } from '../support/live.ts';

const GOOD = { query: 'What is a lease?', customerId: 'c-bad' };

describe.skipIf(deployed === null)('bad input, deployed', () => {
  const { apiUrl, client, send, deadLetters } = live();
  const post = async (body: string, workflow = 'support', headers: Record<string, string> = {}) => {
    const response = await fetch(`${apiUrl}/workflows/${workflow}/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      problem: (await response.json()) as Problem,
    };
  };

  test.each([
    ['invalid JSON', '{"query":', 400, '$'],
    ['a missing field', JSON.stringify({ query: 'x' }), 400, 'customerId'],
    ['a wrong type', JSON.stringify({ ...GOOD, query: 7 }), 400, 'query'],
    ['an array', '[]', 400, '$'],
    ['nothing', '', 400, '$'],
  ])('refuses %s and names the field', async (_what, body, status, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(answer.type).toContain('application/problem+json');
    expect(answer.problem.errors?.map((error) => error.field) ?? ['$']).toContain(field);
  });

  test('refuses a body of 2 MB and says what is allowed', async () => {
    const { status, problem } = await post(
      JSON.stringify({ ...GOOD, query: 'x'.repeat(2_000_000) }),
    );
    expect(status).toBe(413);
    expect(problem.detail).toMatch(/\d/);
  });

  test('names the workflows there are when asked for another one', async () => {
    const { status, problem } = await post(JSON.stringify(GOOD), 'no-such-workflow');
    expect(status).toBe(404);
    expect(problem.detail).toContain('support');
  });

  test.each(['/runs/nope', '/runs/nope/events', '/runs/nope/trace', '/nothing/here'])(
    'answers 404 with a problem for %s',
    async (path) => {
      const response = await fetch(`${apiUrl}${path}`);
      expect(response.status).toBe(404);
    },
  );

  test('gives one run to the same Idempotency-Key sent twice at once, and 409 to another input', async () => {
    const key = crypto.randomUUID();
    const request = { workflow: 'support', input: GOOD, idempotencyKey: key };
    const [one, two] = await Promise.all([client.startRun(request), client.startRun(request)]);
    expect(two.id).toBe(one.id);
    expect(await live().executionsOf(one.id, 'support')).toHaveLength(1);
    const other = await post(JSON.stringify({ ...GOOD, query: 'Another?' }), 'support', {
      'idempotency-key': key,
    });
    expect(other.status).toBe(409);
    expect((await ended(client, one.id)).status).toBe('succeeded');
  });

  test.each([
    ['no JSON at all', `garbage ${crypto.randomUUID()}`],
    ['JSON of another shape', JSON.stringify({ schemaVersion: 1, marker: crypto.randomUUID() })],
  ])('parks a message with %s with its cause, and disturbs nothing', async (_what, body) => {
    const [, { id }] = await Promise.all([
      send('identify-intent', body),
      client.startRun({ workflow: 'support', input: GOOD }),
    ]);
    const letters = await eventually(deadLetters, (all) =>
      all.some((letter) => letter.body === body),
    );
    const letter = letters.find((one) => one.body === body);
    expect(letter?.cause.length).toBeGreaterThan(10);
    expect((await ended(client, id)).status).toBe('succeeded');
  });
});
