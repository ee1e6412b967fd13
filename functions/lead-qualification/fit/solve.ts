/**
 * The `x` of `matrix · x = right`, by elimination.
 * @param matrix symmetric and positive definite: no pivot is 0, so none is looked for
 */
export function solve(
  matrix: readonly (readonly number[])[],
  right: readonly number[],
): readonly number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  for (const [i, pivot] of rows.entries()) {
    for (const below of rows.slice(i + 1)) {
      const factor = at(below, i) / at(pivot, i);
      for (const [k, value] of pivot.entries()) below[k] = at(below, k) - factor * value;
    }
  }
  const found: number[] = right.map(() => 0);
  for (const [i, row] of [...rows.entries()].reverse()) {
    const known = row
      .slice(i + 1, -1)
      .reduce((sum, value, k) => sum + value * at(found, i + 1 + k), 0);
    found[i] = (at(row, row.length - 1) - known) / at(row, i);
  }
  return found;
}

const at = (values: readonly number[], index: number): number => values[index] ?? 0;
