/** `node localstack/model-server/main.ts --port 0`: prints `{"url"}` and serves until it is told to end. */
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { serveUntilStopped } from '../json-server.ts';
import { FaultsSchema } from './faults.ts';
import { startModelServer } from './server.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    'latency-ms': { type: 'string', default: '0' },
    'latency-sigma': { type: 'string', default: '0' },
    'latency-per-in-flight': { type: 'string', default: '0' },
    'requests-per-second': { type: 'string' },
    burst: { type: 'string', default: '1' },
    'refusal-ms': { type: 'string', default: '0' },
    outage: { type: 'string' },
    'error-rate': { type: 'string', default: '0' },
    'hang-rate': { type: 'string', default: '0' },
  },
});

const perSecond = values['requests-per-second'];
const faults = FaultsSchema.safeParse({
  latency: {
    medianMs: Number(values['latency-ms']),
    sigma: Number(values['latency-sigma']),
    perInFlight: Number(values['latency-per-in-flight']),
  },
  rateLimit:
    perSecond === undefined
      ? null
      : {
          perSecond: Number(perSecond),
          burst: Number(values.burst),
          refusalMs: Number(values['refusal-ms']),
        },
  outage: values.outage ?? null,
  errorRate: Number(values['error-rate']),
  hangRate: Number(values['hang-rate']),
});

if (faults.success) {
  const { port, seed } = values;
  await serveUntilStopped(
    await startModelServer({ port: Number(port), seed: Number(seed), faults: faults.data }),
  );
} else {
  process.stderr.write(`${z.prettifyError(faults.error)}\n`);
  process.exitCode = 1;
}
