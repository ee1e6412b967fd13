import type { DoorPorts } from './door-ports.ts';
import type { QuotaGate } from './quota-gate.ts';

const gates = new WeakMap<DoorPorts, Promise<QuotaGate>>();

/**
 * The gate of the process that these ports were made for: what it has seen of the lines outlives an
 * invocation. It is loaded with the first call of a quota, for most of what a function is started for makes
 * none.
 */
export function processGate(ports: DoorPorts): Promise<QuotaGate> {
  const made = gates.get(ports) ?? makeGate(ports);
  gates.set(ports, made);
  return made;
}

async function makeGate(ports: DoorPorts): Promise<QuotaGate> {
  const { QuotaGate } = await import('./quota-gate.ts');
  return new QuotaGate(ports);
}
