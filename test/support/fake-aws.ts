import type { System } from '#runtime/ports.ts';

/** How the service answers one request: with a body, with an error, or so that the answer gets lost. */
export type FakeAnswer =
  | { readonly body: unknown }
  | { readonly error: string; readonly body?: Readonly<Record<string, unknown>> }
  | 'lost';

/** The part of a client's HTTP request that says what is asked. */
interface WireRequest {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * An AWS service at the wire: real clients, no network. `answer` decides what it says to each request;
 * `requests` is what it was asked.
 */
export function fakeAws<I>(answer: (input: I, operation: string) => FakeAnswer) {
  const requests: I[] = [];
  const respond = (said: Exclude<FakeAnswer, 'lost'>) => ({
    response: {
      statusCode: 'error' in said ? 400 : 200,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: Buffer.from(
        JSON.stringify('error' in said ? { __type: said.error, ...said.body } : said.body),
      ),
    },
  });
  return {
    requests,
    options: {
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 2,
      requestHandler: {
        handle: async ({ body, headers }: WireRequest) => {
          const input: I = JSON.parse(new TextDecoder().decode(body));
          requests.push(input);
          const said = answer(input, headers['x-amz-target']?.split('.').at(-1) ?? '');
          if (said === 'lost') {
            throw Object.assign(new TypeError('socket hang up'), { code: 'ECONNRESET' });
          }
          return respond(said);
        },
      },
    },
  };
}

/** A system on which waiting takes no time; `slept` lists the waits in milliseconds. */
export function hastySystem(): System & { readonly slept: readonly number[] } {
  const slept: number[] = [];
  let nowMs = 0;
  let ids = 0;
  return {
    slept,
    now: () => nowMs,
    randomId: () => {
      ids += 1;
      // Begins like the largest fraction, so that waits are as long as they can get.
      return `zz${String(ids).padStart(24, '0')}`;
    },
    sleep: async (ms) => {
      slept.push(ms);
      nowMs += ms;
    },
  };
}
