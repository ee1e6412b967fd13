import { describe } from 'vitest';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import { testSystem } from './system.suite.ts';

describe('System, virtual', () => {
  const system = new VirtualSystem();
  testSystem(() => ({ system, pass: (ms) => system.advance(ms) }));
});

describe('System, real', () => {
  // A timer may fire a millisecond early by the clock.
  testSystem(() => ({ system: nodeSystem, pass: (ms) => nodeSystem.sleep(ms + 2) }));
});
