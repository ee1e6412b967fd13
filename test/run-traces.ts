/** `npm run test:traces`: builds an OpenTelemetry Collector, once, and shows it what the exporter sends. Needs Go. */
import { spawnSync } from 'node:child_process';
import { buildCollector } from './support/otel-collector.ts';

console.error(
  'Building the OpenTelemetry Collector, unless it is there: some minutes the first time',
);
await buildCollector();
const { status } = spawnSync(
  'vitest',
  ['run', '--project', 'integration', 'test/integration/exporter.test.ts'],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
