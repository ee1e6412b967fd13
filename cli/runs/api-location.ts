import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { CliError, usageError } from '../errors.ts';

/** Where the API is, and how its requests are signed. */
export interface ApiLocation {
  /** Without a trailing slash. */
  readonly url: string;
  /** AWS region that requests are signed for; `null` where nobody checks (a local cloud). */
  readonly signingRegion: string | null;
  /** Who said so, for messages. */
  readonly source: string;
}

export interface LocationOptions {
  readonly api?: string | undefined;
  readonly stage?: string | undefined;
}

const DeployedSchema = z.object({ apiUrl: z.url(), region: z.optional(z.string()) });

/**
 * `--api`, then `SIGNALBOX_API_URL`, then the file that `deploy` wrote for `--stage`, then the one
 * that `up` wrote for the local cloud.
 * @throws CliError saying where was looked and what to do.
 */
export async function locateApi(
  { api, stage }: LocationOptions,
  {
    env,
    cwd,
  }: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd: string },
): Promise<ApiLocation> {
  if (api !== undefined) return fromText(api, '--api');
  const variable = env.SIGNALBOX_API_URL;
  if (stage === undefined && variable) return fromText(variable, 'SIGNALBOX_API_URL');
  if (stage !== undefined && stage !== 'local') {
    if (!/^[a-z][a-z0-9-]*$/.test(stage)) {
      throw usageError(
        `--stage is "${stage}"`,
        'Stage names are lower-case letters, digits and dashes, like dev.',
      );
    }
    return fromFile(
      cwd,
      join('.signalbox', 'stages', `${stage}.json`),
      `Run \`npm run deploy -- --stage ${stage}\` in this project, or name the API with --api URL.`,
    );
  }
  return fromFile(
    cwd,
    join('.signalbox', 'local.json'),
    'Run `npm start` in another terminal, or name the API with --api URL or --stage STAGE.',
  );
}

function fromText(value: string, source: string): ApiLocation {
  if (!URL.canParse(value) || !/^https?:/.test(value)) {
    throw usageError(
      `${source} is "${value}", which is not a URL`,
      'Give the whole address, like https://abc.execute-api.eu-west-1.amazonaws.com/dev.',
    );
  }
  return located(value, undefined, source);
}

async function fromFile(cwd: string, file: string, next: string): Promise<ApiLocation> {
  const content = await readFile(join(cwd, file), 'utf8').catch(() => null);
  if (content === null) {
    throw new CliError('API_UNKNOWN', `no API is known here: ${file} does not exist`, { next });
  }
  const parsed = z.safeParse(DeployedSchema, parseJson(content));
  if (!parsed.success) {
    throw new CliError('API_UNKNOWN', `${file} does not say where the API is (apiUrl)`, { next });
  }
  return located(parsed.data.apiUrl, parsed.data.region, file);
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}

/** A stage on AWS is signed for; a loopback address belongs to a local cloud, which checks nothing. */
function located(text: string, region: string | undefined, source: string): ApiLocation {
  const { hostname } = new URL(text);
  const ofHost = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(hostname)?.[1];
  const signingRegion = isLoopback(hostname) ? null : (ofHost ?? region ?? null);
  return { url: text.replace(/\/+$/, ''), signingRegion, source };
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
