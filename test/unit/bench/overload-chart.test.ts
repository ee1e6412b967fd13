import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { overloadChart } from '../../../bench/overload/chart/overload-chart.ts';
import { linear, logarithmic } from '../../../bench/overload/chart/scale.ts';
import { element, linePath, text } from '../../../bench/overload/chart/svg.ts';

describe('a scale', () => {
  const most = fc.double({ min: 0.01, max: 1e6, noNaN: true });

  test('holds every value up to the greatest between its ends', () => {
    fc.assert(
      fc.property(fc.constantFrom(linear, logarithmic), most, fc.nat(100), (make, top, part) => {
        const { place } = make(top, [200, 100]);
        const at = place((top * part) / 100);
        expect(at).toBeLessThanOrEqual(200);
        expect(at).toBeGreaterThanOrEqual(100 - 1e-6);
      }),
    );
  });

  test('has a handful of round ticks', () => {
    expect(linear(7, [0, 100]).ticks).toEqual([0, 5, 10]);
    expect(linear(150, [0, 100]).ticks).toEqual([0, 50, 100, 150]);
    expect(logarithmic(220, [0, 100]).ticks).toEqual([1, 10, 100, 1000]);
  });
});

describe('SVG', () => {
  test('escapes words', () => {
    expect(text('a < "b" & c', { x: 1 })).toBe('<text x="1">a &lt; &quot;b&quot; &amp; c</text>');
    expect(element('g', { id: '"' })).toBe('<g id="&quot;"/>');
  });

  test('a line begins anew after a gap', () => {
    expect(linePath([[0, 1], [1, 2], null, [3, 4]])).toBe('M0 1L1 2M3 4');
  });
});

test('the chart has four panels with both pipelines named, and no place that is not a number', () => {
  const moment = (at: number) => ({
    at,
    offered: 1,
    goodput: 1,
    backlogAge: 2,
    callsPerAnswer: at ? 3 : null,
  });
  const moments = Array.from({ length: 151 }, (_, at) => moment(at));
  const phases = { warmSeconds: 30, spikeSeconds: 60, coolSeconds: 60 };
  const chart = overloadChart({ phases, capacityPerSecond: 2, naive: moments, governed: moments });
  expect(chart.match(/>naive</g)).toHaveLength(3);
  expect(chart.match(/>governed</g)).toHaveLength(3);
  expect(chart).toContain('Provider calls per useful answer');
  expect(chart).not.toMatch(/NaN|Infinity|undefined/);
});
