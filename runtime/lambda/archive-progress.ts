import { CONSUMERS } from '../contracts/consumers.ts';
import type { Checkpoints, StreamTail } from '../ports.ts';

export interface ArchiveProgressPorts {
  readonly checkpoints: Pick<Checkpoints, 'list'>;
  readonly tail: StreamTail;
}

/**
 * Whether everything that arrived in the stream before an instant is in the archive: in every shard the
 * archiver has come past it, or to the shard's end.
 */
export async function isArchived(
  { checkpoints, tail }: ArchiveProgressPorts,
  instantMs: number,
): Promise<boolean> {
  const [shards, all] = await Promise.all([tail.shards(), checkpoints.list()]);
  const own = all.filter(({ consumer }) => consumer === CONSUMERS.archiver);
  const past = await Promise.all(
    shards.map(async (shard) => {
      const point = own.find((one) => one.shard === shard);
      if (point && point.arrivedMs >= instantMs) return true;
      const { records, more } = await tail.behind({ shard, after: point?.sequence ?? null });
      const [next] = records;
      return next ? next.arrivedMs >= instantMs : !more;
    }),
  );
  return past.every(Boolean);
}
