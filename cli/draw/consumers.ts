import type { ConsumerList, ConsumerView, ShardLag } from '#runtime/contracts/consumers.ts';
import { durationText } from '#runtime/contracts/duration-text.ts';
import { dateTime } from './instant.ts';
import type { Sheet } from './paint.ts';
import { type Column, table } from './table.ts';
import { clean } from './text.ts';

const COLUMNS: readonly Column[] = [
  { title: 'consumer' },
  { title: 'shard', flexible: true },
  { title: 'behind', align: 'right' },
  { title: 'oldest', align: 'right' },
  { title: 'last', align: 'right' },
  { title: 'handled', align: 'right' },
  { title: 'parked', align: 'right' },
];

const LANE_COLUMNS: readonly Column[] = [
  { title: 'consumer' },
  { title: 'run' },
  { title: 'since', align: 'right' },
  { title: 'event', flexible: true },
  { title: 'cause', flexible: true },
];

/** Consumers shard by shard and, where events wait in lanes, those below. */
export function consumerLines({ consumers }: ConsumerList, sheet: Sheet): string[] {
  const lanes = consumers.flatMap(laneRows);
  const more = consumers.filter(({ moreLanes }) => moreLanes).map(({ name }) => name);
  return [
    ...table(
      COLUMNS,
      consumers.flatMap((consumer) => shardRows(consumer, sheet)),
      sheet,
    ),
    ...(lanes.length > 0 ? ['', ...table(LANE_COLUMNS, lanes, sheet)] : []),
    ...(more.length > 0 ? [sheet.paint('dim', `more open lanes: ${more.join(', ')}`)] : []),
  ];
}

function shardRows(consumer: ConsumerView, sheet: Sheet): string[][] {
  const { name, shards, handled, parked, lanes } = consumer;
  const counts = [String(handled), sheet.paint(lanes.length > 0 ? 'red' : 'dim', String(parked))];
  if (shards.length === 0) return [[name, '', '', '', '', ...counts]];
  return shards.map((lag, i) => [
    i === 0 ? name : '',
    clean(lag.shard),
    ...lagCells(lag),
    ...(i === 0 ? counts : ['', '']),
  ]);
}

const lagCells = ({ events, more, seconds, lastAt }: ShardLag): string[] => [
  `${events}${more ? '+' : ''}`,
  events === 0 ? '' : durationText(seconds * 1000),
  lastAt === null ? 'never' : dateTime(lastAt),
];

const laneRows = ({ name, lanes }: ConsumerView): string[][] =>
  lanes.map(({ run, parkedAt, type, code, cause }) => [
    name,
    clean(run),
    dateTime(parkedAt),
    clean(type),
    clean(`${code}: ${cause}`),
  ]);
