/** Small charts of one line. Boundary: pure. */

const BLOCKS = '▁▂▃▄▅▆▇█';

/** The last `width` values, the greatest of all as a full block; `most` @default the greatest value */
export function spark(
  values: readonly number[],
  width: number,
  most: number = Math.max(...values),
): string {
  const shown = values.slice(-width);
  return shown
    .map((value) => {
      const share = most > 0 ? Math.min(1, Math.max(0, value / most)) : 0;
      return BLOCKS[Math.round(share * (BLOCKS.length - 1))] ?? '';
    })
    .join('')
    .padEnd(width);
}
