import * as z from 'zod/mini';
import { nodeFolder } from './node-folder.ts';
import { parseJson } from './parse-json.ts';
import { type ServiceProcess, startService, untilReady } from './service-process.ts';

const READY_TIMEOUT_MS = 15_000;

export interface NodeService {
  readonly url: string;
  readonly service: ServiceProcess;
}

/**
 * Starts one of our own HTTP servers on a free port. When it listens it prints one JSON line,
 * `{"url": "http://127.0.0.1:PORT"}`.
 * @throws ServiceStartError
 */
export async function startNodeService(options: {
  /** Role, like `model-server`. */
  readonly name: string;
  /** Absolute path of a script that takes `--port`. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly cacheFolder: string;
}): Promise<NodeService> {
  const { name, script, args = [], cacheFolder } = options;
  const folder = nodeFolder();
  const service = await startService({
    name,
    command: `${folder}/node`,
    args: [script, '--port', '0', ...args],
    environment: (scratch) => ({ PATH: folder, HOME: scratch, TMPDIR: scratch }),
    cacheFolder,
  });
  const url = await untilReady(
    service,
    async () => readyUrl(await service.log()),
    READY_TIMEOUT_MS,
  );
  return { url, service };
}

const ReadySchema = z.object({ url: z.url() });

/** The URL in the first whole line that tells one; `null` before. */
export function readyUrl(log: string): string | null {
  for (const line of log.split('\n').slice(0, -1)) {
    const ready = parseJson(ReadySchema, line);
    if (ready !== null) return ready.url;
  }
  return null;
}
