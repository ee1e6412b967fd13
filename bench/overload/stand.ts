/** The two pipelines, each on a cloud of its own with a provider of its own. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheFolderOf } from '../../cli/local/local-state.ts';
import type { Report } from '../../localstack/report.ts';
import { deployNaive } from '../naive/deploy-naive.ts';
import { deployGoverned } from './governed/deploy-governed.ts';
import { GovernedPipeline } from './governed/governed-pipeline.ts';
import { Provider } from './provider.ts';
import type { Side } from './story.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

interface StandOptions {
  /** What a provider takes. */
  readonly modelPerSecond: number;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** A pipeline that is up. */
export interface RunningSide extends Side {
  /** Ends it with its cloud: a naive one's retries go on for as long as it has a backlog. Once is enough. */
  stop(): Promise<void>;
}

export interface GovernedSide extends RunningSide {
  readonly apiUrl: string;
}

const startNaive = ({ report, signal }: StandOptions): Promise<RunningSide> =>
  inFolder(async (folder) => {
    const cacheFolder = cacheFolderOf(PROJECT);
    const { pipeline, modelUrl, stop } = await deployNaive({ folder, cacheFolder, report, signal });
    return { name: 'naive', pipeline, provider: new Provider(modelUrl), stop };
  });

/** @throws CliError, LocalCloudError */
export const startGoverned = (options: StandOptions): Promise<GovernedSide> =>
  inFolder(async (folder) => {
    const { apiUrl, modelUrl, stop } = await deployGoverned({ folder, ...options });
    const [pipeline, provider] = [new GovernedPipeline(apiUrl), new Provider(modelUrl)];
    return { name: 'governed', pipeline, provider, apiUrl, stop };
  });

/** The governed one and the naive one at once; if one fails, the other is stopped. @throws CliError, LocalCloudError */
export async function startBoth(
  options: StandOptions,
): Promise<readonly [GovernedSide, RunningSide]> {
  const starting = [startGoverned(options), startNaive(options)] as const;
  try {
    return await Promise.all(starting);
  } catch (error) {
    const settled = await Promise.allSettled(starting);
    await Promise.all(settled.map((one) => one.status === 'fulfilled' && one.value.stop()));
    throw error;
  }
}

/** In a new folder that goes when the side is stopped. */
async function inFolder<T extends RunningSide>(start: (folder: string) => Promise<T>): Promise<T> {
  const cacheFolder = cacheFolderOf(PROJECT);
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, 'overload-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const side = await start(folder);
    const stop = once(async () => {
      await side.stop();
      await remove();
    });
    return { ...side, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => {
    done ??= work();
    return done;
  };
}
