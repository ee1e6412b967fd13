import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { parseJson } from '../../localstack/parse-json.ts';
import { ProcessIdSchema } from '../../localstack/process-id.ts';
import { ServiceRecordSchema } from '../../localstack/service-process.ts';

/** What `up` made: everything that `down`, `status` and the commands of runs need to find it. */
const LocalStateSchema = z.object({
  /** The cloud, like `http://127.0.0.1:4566`. */
  endpoint: z.url(),
  cloud: z.enum(['embedded', 'external']),
  apiUrl: z.url(),
  modelUrl: z.url(),
  helpdeskUrl: z.url(),
  crmUrl: z.url(),
  calendarUrl: z.url(),
  /** The processes that are stopped by `down`. */
  services: z.array(ServiceRecordSchema),
  /** The `up --foreground` that stops them itself; `null` in the background. */
  keeper: z.nullable(ProcessIdSchema),
});
export type LocalState = z.infer<typeof LocalStateSchema>;

/** The project's cache and state folder; all of it may be deleted while nothing is up. */
export const cacheFolderOf = (project: string): string => join(project, '.signalbox');

const fileOf = (project: string): string => join(cacheFolderOf(project), 'local.json');

/** `null` when nothing is up, as far as is known. */
export const readLocalState = async (project: string): Promise<LocalState | null> =>
  parseJson(LocalStateSchema, await readFile(fileOf(project), 'utf8').catch(() => ''));

/** Replaces the file at once: another terminal reads the old state or the new one. */
export async function writeLocalState(project: string, state: LocalState): Promise<void> {
  const file = fileOf(project);
  await mkdir(cacheFolderOf(project), { recursive: true });
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(state, null, 2)}\n`);
  await rename(`${file}.${process.pid}`, file);
}

export const removeLocalState = (project: string): Promise<void> =>
  rm(fileOf(project), { force: true });
