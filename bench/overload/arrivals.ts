import { seededRandom } from '../../localstack/model-server/random.ts';
import { lengthOf, type Scenario } from './scenarios.ts';

/**
 * When requests come, whatever becomes of those before them: a Poisson process whose rate is the
 * scenario's. The same seed gives the same instants, in seconds since the story began.
 */
export function arrivals(scenario: Scenario, seed: number): readonly number[] {
  const random = seededRandom(seed);
  const end = lengthOf(scenario);
  const times: number[] = [];
  // Drawn at the highest rate and thinned, so that a gap that begins before the spike does not reach into it.
  const most = Math.max(scenario.quietPerSecond, scenario.spikePerSecond);
  for (let at = gap(random, most); at < end; at += gap(random, most)) {
    if (random() < rateAt(scenario, at) / most) times.push(at);
  }
  return times;
}

function rateAt(scenario: Scenario, second: number): number {
  const { warmSeconds, spikeSeconds, quietPerSecond, spikePerSecond } = scenario;
  const isInSpike = second >= warmSeconds && second < warmSeconds + spikeSeconds;
  return isInSpike ? spikePerSecond : quietPerSecond;
}

const gap = (random: () => number, perSecond: number): number =>
  -Math.log(1 - random()) / perSecond;
