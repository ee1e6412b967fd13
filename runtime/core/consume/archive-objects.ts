import { archiveKey, hourPrefix } from '../archive-key.ts';
import type { StreamRecord } from './records.ts';

export interface ArchiveObject {
  readonly key: string;
  readonly lines: readonly string[];
}

/** The objects in which a batch is archived: one for each hour in which its records arrived. */
export function archiveObjects(records: readonly StreamRecord[]): readonly ArchiveObject[] {
  const byHour = Map.groupBy(records, ({ arrivedMs }) => hourPrefix(arrivedMs));
  return [...byHour.values()].flatMap((ofHour) => {
    const [first] = ofHour;
    return first ? [{ key: archiveKey(first), lines: ofHour.map(archiveLine) }] : [];
  });
}

/**
 * A record as a line: its text, without line breaks between its parts if it had any. What is no event is
 * kept as well, as a line that says so and is no event either.
 */
function archiveLine({ read, text, data, shard, sequence }: StreamRecord): string {
  if (read.kind === 'undecodable') {
    return JSON.stringify({ undecodable: { shard, sequence, cause: read.cause, base64: data } });
  }
  return /[\r\n]/.test(text) ? JSON.stringify(JSON.parse(text)) : text;
}
