/**
 * A small JSON server on the loopback interface: what the stand-ins of outside services are made of.
 *
 * Boundary: routing, bounded bodies and shutdown; what a request means is the routes' business.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface JsonRequest {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly header: (name: string) => string | undefined;
  /** The parsed body; `undefined` when there was none. */
  readonly body: unknown;
  /** Aborts when the caller hangs up before it got its answer. */
  readonly signal: AbortSignal;
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `null`: the caller is gone, or is to be left without an answer. */
export type JsonRoute = (request: JsonRequest) => Promise<JsonAnswer | null> | JsonAnswer | null;

export interface RunningServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1_000_000;

/**
 * @param routes by `METHOD /path`, exactly
 * @param port 0 takes a free one
 */
export async function startJsonServer(
  routes: Readonly<Record<string, JsonRoute>>,
  port: number,
): Promise<RunningServer> {
  const server = createServer((request, response) => {
    answer(routes, request, response).then(
      (reply) => reply && send(response, reply),
      (error: unknown) => send(response, problem(500, String(error))),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const actualPort = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://127.0.0.1:${actualPort}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** For a process of its own: tells its parent where it listens, ends on SIGTERM or Ctrl-C. */
export async function serveUntilStopped(server: RunningServer): Promise<void> {
  process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await server.close();
}

export const problem = (status: number, message: string): JsonAnswer => ({
  status,
  body: { error: { message } },
});

async function answer(
  routes: Readonly<Record<string, JsonRoute>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<JsonAnswer | null> {
  const method = request.method ?? 'GET';
  const url = new URL(request.url ?? '/', 'http://localhost');
  const route = routes[`${method} ${url.pathname}`];
  if (!route) {
    return problem(
      404,
      `no ${method} ${url.pathname}; there are: ${Object.keys(routes).join(', ')}`,
    );
  }
  const text = await readBody(request);
  if (text === null) {
    return {
      ...problem(413, `the body is larger than ${MAX_BODY_BYTES} bytes`),
      headers: { connection: 'close' },
    };
  }
  const body = parse(text);
  if (!body.ok) return problem(400, 'the body is not JSON');
  return route({
    method,
    query: url.searchParams,
    header: (name) => headerOf(request, name),
    body: body.value,
    signal: hangUpSignal(response),
  });
}

/** `null` when it is too large; the rest is not read. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): { ok: true; value: unknown } | { ok: false } {
  if (text === '') return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function hangUpSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

function send(response: ServerResponse, { status, body, headers }: JsonAnswer): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
