import { createServer } from 'node:net';

/**
 * A loopback port that is free now. Someone may take it before it is used: check who answers there.
 * @param preferred taken if it is free
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined) {
    const port = await bind(preferred);
    if (port !== null) return port;
  }
  return (await bind(0)) ?? freePort();
}

const bind = (port: number): Promise<number | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => resolve(bound));
    });
  });
