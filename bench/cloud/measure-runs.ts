import { type Figure, figure, quantile, round } from './figure.ts';
import type { SingleStep } from './single-step.ts';

const WARM_UP = 20;
const BURST = 200;
const BURSTS = 3;
const ALONE = 50;
const LOOK_EVERY_MS = 2;

export async function measureThroughput(step: SingleStep): Promise<Figure> {
  await step.runMany(WARM_UP);
  const rates: number[] = [];
  for (let i = 0; i < BURSTS; i += 1) {
    const { elapsedMs } = await step.runMany(BURST);
    rates.push((BURST / elapsedMs) * 1000);
  }
  return figure({
    name: `${BURST} single-step runs`,
    value: quantile(rates, 0.5),
    unit: 'runs/s',
    target: { atLeast: 60 },
    details: { bursts: rates.map(round) },
    measures: `state machine, SQS, Lambda (BatchSize 10), SendTaskSuccess; ${BURST} runs from the first start to the last end, median of ${BURSTS} bursts; the starting client shares the cores`,
    doesNotMeasure: "Signalbox's own work in a step: ledger, events, model",
  });
}

export async function measureOneRun(step: SingleStep): Promise<Figure> {
  for (let i = 0; i < WARM_UP; i += 1) await step.runOne(LOOK_EVERY_MS);
  const seen: number[] = [];
  const cloud: number[] = [];
  for (let i = 0; i < ALONE; i += 1) {
    const { seenMs, cloudMs } = await step.runOne(LOOK_EVERY_MS);
    seen.push(seenMs);
    cloud.push(cloudMs);
  }
  return figure({
    name: 'one run alone, end to end',
    value: quantile(seen, 0.5),
    unit: 'ms',
    target: { atMost: 60 },
    details: {
      p95Ms: round(quantile(seen, 0.95)),
      cloudMedianMs: quantile(cloud, 0.5),
      cloudP95Ms: quantile(cloud, 0.95),
    },
    measures: `StartExecution until DescribeExecution says SUCCEEDED, asked every ${LOOK_EVERY_MS} ms; ${ALONE} runs one after the other, median; cloud…: the execution's own start to stop`,
    doesNotMeasure: 'cold starts of functions, runs beside others',
  });
}
