/**
 * Act two: a worker is killed between a model call and an effect, and its task is delivered twice.
 *
 * The ticket system is put on hold, so that the worker stands exactly there: the summary is paid
 * for and recorded, the ticket is asked for and not open.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { resourceName } from '#runtime/contracts/names.ts';
import { CliError } from '../errors.ts';
import { watchRun } from '../runs/follow.ts';
import { printLines } from '../runs/print.ts';
import { type DeskStats, deskStats, holdDesk, modelRequests, releaseDesk } from './outside.ts';
import { LocalQueue } from './queue.ts';
import { type Broken, supportOutput, type Told } from './report.ts';
import { aside, CUSTOMER, curtain, eventsOf, type Theatre } from './theatre.ts';
import { listProcesses, workersOf } from './worker.ts';

const QUESTION = 'Please let me talk to a person, my invoice is wrong.';
const FUNCTION = resourceName('local', 'open-ticket');
/** Longer than a lease: a copy of the task may have to wait for one. */
const PATIENCE_MS = 40_000;
const POLL_MS = 50;

export async function breakWorker(theatre: Theatre): Promise<{ told: Told; broken: Broken }> {
  const { io, client, local } = theatre;
  curtain(
    theatre,
    '2 · Break',
    'A customer asks for a person. The worker that opens the ticket is killed just before it does.',
  );
  printLines(io, [`${io.paint('cyan', '?')} ${io.paint('bold', QUESTION)}`, '']);
  await holdDesk(local.helpdeskUrl);
  const { id } = await client.startRun({
    workflow: 'support',
    input: { query: QUESTION, customerId: CUSTOMER },
  });
  await untilDesk(theatre, 'the worker asks for the ticket', ({ held }) => held > 0);
  const requests = await modelRequests(local.modelUrl);
  say(theatre, '✓', 'green', 'the model has written the summary; its reply is in the ledger');
  const kills = await killWorkers(theatre);
  const queue = new LocalQueue(local.endpoint, FUNCTION);
  const { deliveries, visibleAtMs } = await deliverTwice(theatre, queue);
  await untilDesk(theatre, 'the dead worker hangs up', ({ abandoned }) => abandoned > 0);
  await releaseDesk(local.helpdeskUrl);
  const run = await waitForEnd(theatre, id, visibleAtMs);
  // A copy that is still there could open a second ticket: count when both are done with.
  await until(theatre, 'both copies of the task are done with', async () => {
    return (await queue.peek()).length === 0;
  });
  const told = { question: QUESTION, run, events: await eventsOf(client, id) };
  const askedAgain = (await modelRequests(local.modelUrl)) - requests;
  const { tickets } = await deskStats(local.helpdeskUrl);
  checkEnd(theatre, told, { deliveries, askedAgain, tickets });
  return { told, broken: { deliveries, kills, effects: tickets } };
}

function checkEnd(
  { claims }: Theatre,
  { run, events }: Told,
  counts: { readonly deliveries: number; readonly askedAgain: number; readonly tickets: number },
): void {
  const { deliveries, askedAgain, tickets } = counts;
  const isHandedOff = run.status === 'succeeded' && supportOutput(run)?.kind === 'handed-off';
  claims.check('the run ended well although its worker was killed', isHandedOff, run.sentence);
  claims.check(
    'the recorded summary was replayed: the model was not asked again',
    askedAgain === 0,
    `${askedAgain} further requests`,
  );
  const ends = events.filter(
    ({ type, subject }) => type === 'signalbox.step.succeeded' && subject === 'handoff',
  ).length;
  claims.check(
    'two deliveries gave one outcome',
    deliveries === 2 && ends === 1,
    `${deliveries} deliveries, ${ends} outcomes`,
  );
  claims.check('the ticket system counts one ticket', tickets === 1, String(tickets));
}

async function killWorkers(theatre: Theatre): Promise<number> {
  const { local } = theatre;
  const cloud = local.services.find(({ record }) => record.name === 'cloud');
  const pids = cloud ? workersOf(await listProcesses(), cloud.record.process.pid, FUNCTION) : [];
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  theatre.claims.check('a worker was killed in mid-step', pids.length > 0, 'no worker process');
  say(theatre, '✗', 'red', `kill -9 ${pids.join(' ')}: the worker is gone, no ticket is open`);
  return pids.length;
}

/** Sends the task's message once more, as a queue with at-least-once delivery may. */
async function deliverTwice(
  theatre: Theatre,
  queue: LocalQueue,
): Promise<{ readonly deliveries: number; readonly visibleAtMs: number }> {
  const [message] = await queue.peek();
  if (message === undefined) {
    throw new CliError('DEMO_BROKEN', `the queue ${FUNCTION} has lost the task`, {
      next: 'Read .signalbox/logs/cloud.log.',
    });
  }
  await queue.sendAgain(message);
  say(theatre, '✉', 'yellow', 'the same task is sent to the queue a second time');
  const copies = (await queue.peek()).filter(({ body }) => body === message.body);
  return { deliveries: copies.length, visibleAtMs: message.visibleAtMs };
}

async function waitForEnd(theatre: Theatre, id: string, visibleAtMs: number) {
  const { io, client } = theatre;
  const why =
    'Nobody is told that a worker died. Its lease on the step and the message’s visibility timeout, ' +
    'both 30 s and renewed while it lives, must run out first.';
  printLines(io, ['', ...aside(io, why), '']);
  return watchRun(client, id, io, () => {
    const seconds = Math.ceil((visibleAtMs - io.now()) / 1000);
    return seconds > 0
      ? `   ${seconds} s until the queue hands the task to another worker`
      : '   the queue hands the task to another worker';
  });
}

const untilDesk = (
  theatre: Theatre,
  what: string,
  isSo: (stats: DeskStats) => boolean,
): Promise<void> =>
  until(theatre, what, async () => isSo(await deskStats(theatre.local.helpdeskUrl)));

async function until({ io }: Theatre, what: string, isSo: () => Promise<boolean>): Promise<void> {
  const lastMs = io.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (io.now() > lastMs) {
      throw new CliError('DEMO_BROKEN', `waited ${PATIENCE_MS / 1000} s in vain until ${what}`, {
        next: 'Read .signalbox/logs.',
      });
    }
    await sleep(POLL_MS);
  }
}

const say = ({ io }: Theatre, glyph: string, tone: 'green' | 'red' | 'yellow', text: string) =>
  printLines(io, [`${io.paint(tone, glyph)}  ${text}`]);
