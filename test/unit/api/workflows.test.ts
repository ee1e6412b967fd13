import { describe, expect, it } from 'vitest';
import { apiUnderTest } from './api-under-test.ts';

describe('GET /workflows/{name}', () => {
  it('tells what a workflow takes, as it has to be sent', async () => {
    const { status, body } = await apiUnderTest().ask({ path: '/workflows/support' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: 'support',
      deadlineSeconds: 120,
      maxQueueSeconds: 20,
      input: {
        type: 'object',
        properties: { query: { type: 'string' }, priority: { default: 'low' } },
        // A field with a default may be left out.
        required: ['query', 'customerId'],
      },
    });
  });

  it('refuses a name that no workflow has, with those that there are', async () => {
    const { status, body } = await apiUnderTest().ask({ path: '/workflows/suport' });
    expect(status).toBe(404);
    expect(body.detail).toBe('There is no workflow "suport"; deployed: support, numbers');
  });
});
