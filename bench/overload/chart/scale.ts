/** From values to places on paper. Boundary: pure. */

export interface Scale {
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Even steps from 0 up to a round number that holds `most`. @param to where 0 is, and where the top is */
export function linear(most: number, to: readonly [number, number]): Scale {
  const step = niceStep(most / 3);
  const top = Math.max(step, Math.ceil(most / step) * step);
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
  return { place: (value) => to[0] + (value / top) * (to[1] - to[0]), ticks };
}

/** Powers of ten from 1 up to one that holds `most`; what is below 1 stands at 1. */
export function logarithmic(most: number, to: readonly [number, number]): Scale {
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(10, most))));
  const ticks = Array.from({ length: decades + 1 }, (_, i) => 10 ** i);
  const place = (value: number): number =>
    to[0] + (Math.log10(Math.max(1, value)) / decades) * (to[1] - to[0]);
  return { place, ticks };
}

/** 1, 2 or 5 times a power of ten, no less than `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-9)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power;
}
