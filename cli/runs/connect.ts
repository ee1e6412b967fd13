import type { Command } from 'commander';
import { SignalboxClient } from '#runtime/client/client.ts';
import type { Io } from '../io.ts';
import { type LocationOptions, locateApi } from './api-location.ts';
import { signedFetch } from './signed-fetch.ts';

/** Options that every command of a run has. */
export interface RunOptions extends LocationOptions {
  readonly json?: boolean;
}

export const withRunOptions = (command: Command): Command =>
  command
    .option('--api <url>', 'where the API is')
    .option('--stage <stage>', 'the stage deployed from this project (default: the local cloud)')
    .option('--json', 'print JSON');

/** A client of the API that the options, the environment or the project's state name. */
export async function connect(options: LocationOptions, io: Io): Promise<SignalboxClient> {
  const { url, signingRegion } = await locateApi(options, io);
  return new SignalboxClient({
    baseUrl: url,
    ...(signingRegion !== null && { fetch: await signedFetch(signingRegion) }),
  });
}
