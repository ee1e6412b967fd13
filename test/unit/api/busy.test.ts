import { describe, expect, it } from 'vitest';
import { ThrottledError } from '#runtime/contracts/errors.ts';
import { apiUnderTest, startCall } from './api-under-test.ts';

/** The table of runs is throttled for longer than adapters wait. */
const throttled = () =>
  apiUnderTest((real) => ({
    ...real,
    runs: { ...real.runs, put: () => Promise.reject(new ThrottledError('over its throughput')) },
  }));

describe('a request that meets a throttled service', () => {
  it('is answered 503, with when to send it again', async () => {
    const { status, headers, body } = await throttled().ask(startCall());
    expect(status).toBe(503);
    expect(headers).toMatchObject({ 'retry-after': '3' });
    expect(body).toMatchObject({
      type: 'https://signalbox.dev/problems/busy',
      detail: expect.stringContaining('Send the request again in 3 s'),
      requestId: expect.any(String),
    });
    expect(JSON.stringify(body)).not.toContain('over its throughput');
  });

  it('is logged as a warning, with its id', async () => {
    const api = throttled();
    const { body } = await api.ask(startCall());
    expect(api.logged).toContainEqual([
      'warn',
      'a request met a throttled service',
      expect.objectContaining({ requestId: body.requestId }),
    ]);
  });
});
