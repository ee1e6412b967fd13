import type { RunningCloud } from '../../localstack/cloud.ts';
import { type Figure, figure, quantile, round } from './figure.ts';

const STARTS = 5;

export async function measureReady(start: () => Promise<RunningCloud>): Promise<Figure> {
  // Installs if it must, and lets Python compile: both happen once.
  await (await start()).stop();
  const times: number[] = [];
  for (let i = 0; i < STARTS; i += 1) {
    const began = performance.now();
    const cloud = await start();
    times.push(performance.now() - began);
    await cloud.stop();
  }
  return figure({
    name: 'ready after the first install',
    value: quantile(times, 0.5),
    unit: 'ms',
    target: { atMost: 2000 },
    details: { startsMs: times.map(round) },
    measures: `startCloud() until the cloud answers; median of ${STARTS} starts, installed before`,
    doesNotMeasure: 'the installation, and the deployment of Signalbox',
  });
}
