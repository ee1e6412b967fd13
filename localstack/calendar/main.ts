/** `node localstack/calendar/main.ts --port 0`: prints `{"url"}` and serves until it is told to end. */
import { parseArgs } from 'node:util';
import { serveUntilStopped } from '../json-server.ts';
import { startCalendar } from './server.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
await serveUntilStopped(await startCalendar({ port: Number(values.port) }));
