/**
 * What a request about the past names: a rule, a type of event, a run.
 *
 * Invariant Q4: a name that nothing has is refused before anything is begun. A replay of it would do
 * nothing, and say so only by its counts.
 */
import { CONSUMERS, type ReplayableConsumer } from '../../contracts/consumers.ts';
import { PLATFORM_EVENTS } from '../../contracts/event-types.ts';
import type { ReplayOrder } from '../../contracts/replay.ts';
import type { ApiDependencies } from './dependencies.ts';
import { quoted, RequestRefusedError, unknownRun } from './problem.ts';
import { isRunId } from './read-run.ts';

type NamePorts = Pick<ApiDependencies, 'rules' | 'eventTypes' | 'runs' | 'readModel' | 'lanes'>;

/** @throws RequestRefusedError naming what was got, and what there is. */
export async function refuseUnknownNames(
  ports: NamePorts,
  { rule, type, run }: Pick<ReplayOrder, 'rule' | 'type' | 'run'>,
): Promise<void> {
  if (rule !== undefined) refuseUnknownRule(ports, rule);
  if (type !== undefined) refuseUnknownType(ports, type);
  if (run !== undefined && !(await isRun(ports, run))) throw unknownRun(run);
}

/** A lane may be of a run that is known from its events alone. @throws RequestRefusedError */
export async function refuseUnknownLane(
  ports: NamePorts,
  consumer: ReplayableConsumer,
  run: string,
): Promise<void> {
  const open = await ports.lanes.openOf({ consumer: CONSUMERS[consumer], runs: [run] });
  if (!open.has(run) && !(await isRun(ports, run))) throw unknownRun(run);
}

function refuseUnknownRule({ rules }: NamePorts, rule: string): void {
  const deployed = Object.values(rules).flat();
  if (deployed.includes(rule)) return;
  throw new RequestRefusedError(
    'rule-unknown',
    `There is no rule ${quoted(rule)}; deployed: ${deployed.join(', ') || 'none'}`,
  );
}

function refuseUnknownType({ eventTypes }: NamePorts, type: string): void {
  const own = Object.keys(PLATFORM_EVENTS);
  if (own.includes(type) || eventTypes.includes(type)) return;
  const declared = type.startsWith('signalbox.')
    ? own
    : [...eventTypes, 'and what the platform tells ("signalbox.…")'];
  throw new RequestRefusedError(
    'event-type-unknown',
    `Nobody declares the event ${quoted(type)}; declared: ${declared.join(', ')}`,
  );
}

/** Of any tenant: consumers are the whole deployment's. */
async function isRun({ readModel, runs }: NamePorts, run: string): Promise<boolean> {
  if (!isRunId(run)) return false;
  return ((await readModel.listing(run)) ?? (await runs.read(run))) !== null;
}
