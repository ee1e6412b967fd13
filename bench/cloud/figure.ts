/** One measured figure, with what it is worth. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'runs/s' | 'times';
  /** What the value has to be. */
  readonly target: { readonly atMost: number } | { readonly atLeast: number };
  readonly isMet: boolean;
  /** What else was seen: spread, parts, sizes. */
  readonly details: Readonly<Record<string, number | readonly number[]>>;
  readonly measures: string;
  readonly doesNotMeasure: string;
}

export const figure = (parts: Omit<Figure, 'isMet'>): Figure => {
  const { value, target } = parts;
  const isMet = 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
  return { ...parts, value: round(value), isMet };
};

export const sentence = ({ name, value, unit, target, isMet }: Figure): string => {
  const wanted = 'atMost' in target ? `at most ${target.atMost}` : `at least ${target.atLeast}`;
  return `${isMet ? 'met   ' : 'MISSED'} ${name}: ${value} ${unit} (${wanted})`;
};

/** @param share 0.5 for the median */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const round = (value: number): number => Math.round(value * 100) / 100;
