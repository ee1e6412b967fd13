/** `node localstack/crm/main.ts --port 0`: prints `{"url"}` and serves until it is told to end. */
import { parseArgs } from 'node:util';
import { serveUntilStopped } from '../json-server.ts';
import { startCrm } from './server.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
await serveUntilStopped(await startCrm({ port: Number(values.port) }));
