/** A score that was given, and whether what it tells came true. */
export interface Judged {
  readonly score: number;
  readonly came: boolean;
}

/**
 * Area under the ROC curve: how often one that came true has a higher score than one that did not; a
 * draw counts half. 0.5 is chance, 1 is perfect, `NaN` when all or none came true.
 */
export function aucOf(judged: readonly Judged[]): number {
  const ranked = judged.toSorted((a, b) => a.score - b.score);
  const positives = judged.filter(({ came }) => came).length;
  const negatives = judged.length - positives;
  const rankSum = rankedGroups(ranked).reduce(
    (sum, { middleRank, group }) => sum + middleRank * group.filter(({ came }) => came).length,
    0,
  );
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Those of the same score share the middle of their ranks. */
function rankedGroups(ranked: readonly Judged[]) {
  const groups: { readonly middleRank: number; readonly group: readonly Judged[] }[] = [];
  for (let start = 0; start < ranked.length; ) {
    const score = ranked[start]?.score;
    const end = ranked.findIndex((other, i) => i > start && other.score !== score);
    const group = ranked.slice(start, end === -1 ? ranked.length : end);
    groups.push({ middleRank: start + (group.length + 1) / 2, group });
    start += group.length;
  }
  return groups;
}
