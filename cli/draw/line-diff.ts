/** One line of a diff: in both, only in the first, only in the second. */
export interface DiffLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** Beyond it a table of all pairs costs more than the picture is worth. */
const MAX_LINES = 400;

/** The shortest edit from one text to the other, line by line; `null` for texts that are too long for it. */
export function lineDiff(a: string, b: string): readonly DiffLine[] | null {
  const [from, to] = [a.split('\n'), b.split('\n')];
  if (from.length > MAX_LINES || to.length > MAX_LINES) return null;
  const common = commonLengths(from, to);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const [mine, other] = [from[i], to[j]];
    if (mine !== undefined && mine === other) {
      lines.push({ sign: ' ', text: mine });
      i += 1;
      j += 1;
    } else if (mine !== undefined && at(common, i + 1, j) >= at(common, i, j + 1)) {
      lines.push({ sign: '-', text: mine });
      i += 1;
    } else {
      lines.push({ sign: '+', text: other ?? '' });
      j += 1;
    }
  }
  return lines;
}

/** By how many lines the rests from `i` and `j` on have in common, in order. */
function commonLengths(from: readonly string[], to: readonly string[]): number[][] {
  const lengths = Array.from({ length: from.length + 1 }, () =>
    new Array<number>(to.length + 1).fill(0),
  );
  for (let i = from.length - 1; i >= 0; i -= 1) {
    for (let j = to.length - 1; j >= 0; j -= 1) {
      const row = lengths[i];
      if (row === undefined) continue;
      row[j] =
        from[i] === to[j]
          ? at(lengths, i + 1, j + 1) + 1
          : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1));
    }
  }
  return lengths;
}

const at = (lengths: readonly (readonly number[])[], i: number, j: number): number =>
  lengths[i]?.[j] ?? -1;
