/**
 * Stands between functions and the cloud, and counts their calls.
 *
 * Boundary: HTTP on the loopback interface; passes on what it gets as it is.
 */
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

export class CountingProxy {
  readonly #counts = new Map<string, number>();
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server = createServer((asked, answer) => this.#pass(asked, answer));
  #endpoint = '';

  /** @returns its URL */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new TypeError('no address');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Where calls are passed on to. */
  pointTo(endpoint: string): void {
    this.#endpoint = endpoint;
  }

  /** Calls by operation since the last time. */
  take(): Readonly<Record<string, number>> {
    const counts = Object.fromEntries(this.#counts);
    this.#counts.clear();
    return counts;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    this.#agent.destroy();
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, url, headers } = asked;
    const target = headers['x-amz-target'];
    const operation = typeof target === 'string' ? target : `${method} ${url}`;
    this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1);
    const passed = request(
      `${this.#endpoint}${url}`,
      { method, headers, agent: this.#agent },
      (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      },
    );
    passed.once('error', () => answer.destroy());
    asked.pipe(passed);
  }
}
