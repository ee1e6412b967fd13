/** `node localstack/helpdesk/main.ts --port 0`: prints `{"url"}` and serves until it is told to end. */
import { parseArgs } from 'node:util';
import { serveUntilStopped } from '../json-server.ts';
import { startHelpdesk } from './server.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
await serveUntilStopped(await startHelpdesk({ port: Number(values.port) }));
