import { describe, expect, test } from 'vitest';
import type { ApiRequest, RouteHandler } from '#runtime/lambda/api/dependencies.ts';
import { lateRoute } from '#runtime/lambda/api/late-route.ts';
import { restEvent } from '../../support/rest-event.ts';
import { apiUnderTest } from './api-under-test.ts';

const REQUEST: ApiRequest = {
  event: restEvent({ path: '/fleet' }),
  tenant: 'default',
  arrivedMs: 0,
  parameter: '',
  second: '',
};

/** A late route, mounted; how often it was loaded; and whether loading it fails. */
async function mounted() {
  const state = { loads: 0, isBroken: false };
  const answer: RouteHandler = async ({ event }) => new Response(event.path);
  const route = lateRoute(async () => {
    state.loads += 1;
    if (state.isBroken) throw new TypeError('no such chunk');
    return () => answer;
  });
  const { dependencies } = apiUnderTest();
  return { state, handle: route(dependencies) };
}

describe('lateRoute', () => {
  test('loads its code with the first request, and once', async () => {
    const { state, handle } = await mounted();
    expect(state.loads).toBe(0);
    const answers = await Promise.all([handle(REQUEST), handle(REQUEST)]);
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['/fleet', '/fleet']);
    await handle(REQUEST);
    expect(state.loads).toBe(1);
  });

  test('loads it again after a load that failed', async () => {
    const { state, handle } = await mounted();
    state.isBroken = true;
    await expect(handle(REQUEST)).rejects.toThrow('no such chunk');
    state.isBroken = false;
    expect(await (await handle(REQUEST)).text()).toBe('/fleet');
  });
});
