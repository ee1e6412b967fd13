/**
 * `up`: the whole of Signalbox on this machine.
 *
 * Invariants
 * U1. Either everything is up and recorded in `local.json`, or nothing of it is left running.
 * U2. A second `up` starts nothing: it deploys to what is up.
 * U3. In the foreground, the end of one part, or a signal, is the end of all.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, processIdOf } from '../../localstack/process-id.ts';
import { type ServiceProcess, stopService } from '../../localstack/service-process.ts';
import type { Io } from '../io.ts';
import { deployLocal } from './deploy-local.ts';
import { serviceEnded } from './local-errors.ts';
import {
  cacheFolderOf,
  type LocalState,
  readLocalState,
  removeLocalState,
  writeLocalState,
} from './local-state.ts';
import type { Progress } from './progress.ts';
import { type RunningLocal, startLocal } from './start-local.ts';

const WATCH_MS = 500;

export interface UpOptions {
  readonly foreground: boolean;
  /** Resources and data of the embedded cloud outlive `down`. */
  readonly keepState: boolean;
}

export interface UpContext {
  readonly io: Io;
  readonly progress: Progress;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Tells the user what is up, once it is. */
  readonly announce: (state: LocalState, how: 'started' | 'redeployed') => void;
}

/** @throws CliError, LocalCloudError */
export async function up(options: UpOptions, context: UpContext): Promise<void> {
  const project = context.io.cwd;
  const known = await readLocalState(project);
  if (known !== null && (await isUp(known))) return redeploy(project, known, context);
  if (known !== null) await clearAway(project, known);
  const running = await start(project, options, context);
  if (options.foreground) return stayUp(project, running, context);
  const services = await Promise.all(running.services.map((service) => service.release()));
  await record(project, { ...stateOf(running), services, keeper: null }, context);
}

const start = (project: string, { keepState }: UpOptions, context: UpContext) =>
  startLocal({
    project,
    stateFolder: keepState ? join(cacheFolderOf(project), 'state') : null,
    workFolder: workFolderOf(project),
    environment: context.io.env,
    report: context.progress.report,
    signal: context.signal,
  });

async function redeploy(project: string, known: LocalState, context: UpContext): Promise<void> {
  const { progress, io, signal } = context;
  progress.report('Signalbox is up already: deploying to it');
  const apiUrl = await deployLocal({
    project,
    workFolder: workFolderOf(project),
    logFile: join(cacheFolderOf(project), 'logs', 'cdk.log'),
    cloud: { endpoint: known.endpoint, kind: known.cloud },
    modelUrl: known.modelUrl,
    helpdeskUrl: known.helpdeskUrl,
    crmUrl: known.crmUrl,
    calendarUrl: known.calendarUrl,
    environment: io.env,
    report: progress.report,
    signal,
  });
  const state = { ...known, apiUrl };
  await writeLocalState(project, state);
  progress.end();
  context.announce(state, 'redeployed');
}

async function stayUp(project: string, running: RunningLocal, context: UpContext): Promise<void> {
  const { progress, signal } = context;
  try {
    const services = running.services.map((service) => service.record);
    const keeper = await processIdOf(process.pid);
    await record(project, { ...stateOf(running), services, keeper }, context);
    const ended = await untilEnded(running.services, signal);
    if (ended !== null) throw serviceEnded(ended.record.name);
  } finally {
    progress.report('Stopping');
    await running.stop();
    await removeLocalState(project);
    progress.end();
  }
}

/** The service that ended by itself; `null` when the signal came first. */
async function untilEnded(
  services: readonly ServiceProcess[],
  signal: AbortSignal,
): Promise<ServiceProcess | null> {
  while (!signal.aborted) {
    const ended = services.find((service) => service.hasExited());
    if (ended !== undefined) return ended;
    await sleep(WATCH_MS, undefined, { signal }).catch(() => undefined);
  }
  return null;
}

async function record(project: string, state: LocalState, context: UpContext): Promise<void> {
  await writeLocalState(project, state);
  context.progress.end();
  context.announce(state, 'started');
}

const stateOf = ({
  endpoint,
  cloud,
  apiUrl,
  modelUrl,
  helpdeskUrl,
  crmUrl,
  calendarUrl,
}: RunningLocal) => ({
  endpoint,
  cloud,
  apiUrl,
  modelUrl,
  helpdeskUrl,
  crmUrl,
  calendarUrl,
});

/** What a killed foreground `up` left behind is not up: any start in this project stops it. */
async function isUp({ services, keeper }: LocalState): Promise<boolean> {
  const needed = [...services.map(({ process }) => process), ...(keeper === null ? [] : [keeper])];
  const running = await Promise.all(needed.map(isRunning));
  return running.every(Boolean);
}

/** What is left of a stack of which some part has died. */
async function clearAway(project: string, { services }: LocalState): Promise<void> {
  await Promise.all(services.map(stopService));
  await removeLocalState(project);
}

const workFolderOf = (project: string): string => join(cacheFolderOf(project), 'local');
