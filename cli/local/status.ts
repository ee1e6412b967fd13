import { readLocalState } from './local-state.ts';

const HEALTH_TIMEOUT_MS = 5_000;

interface PartStatus {
  readonly name: string;
  readonly url: string;
  readonly isHealthy: boolean;
  /** What it answered: a status code, or why there was no answer. */
  readonly answer: string;
}

export interface LocalStatus {
  readonly isUp: boolean;
  readonly cloud: 'embedded' | 'external' | null;
  readonly parts: readonly PartStatus[];
}

/** Asks every part of the local stack how it is. */
export async function localStatus(project: string): Promise<LocalStatus> {
  const state = await readLocalState(project);
  if (state === null) return { isUp: false, cloud: null, parts: [] };
  const parts = await Promise.all([
    partStatus('cloud', state.endpoint, '/_localstack/health'),
    partStatus('api', state.apiUrl, '/health'),
    partStatus('model-server', state.modelUrl, '/health'),
    partStatus('helpdesk', state.helpdeskUrl, '/health'),
    partStatus('crm', state.crmUrl, '/health'),
    partStatus('calendar', state.calendarUrl, '/health'),
  ]);
  return { isUp: true, cloud: state.cloud, parts };
}

async function partStatus(name: string, url: string, path: string): Promise<PartStatus> {
  try {
    const { status } = await fetch(`${url}${path}`, {
      signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
    });
    return { name, url, isHealthy: status < 400, answer: String(status) };
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    return { name, url, isHealthy: false, answer: isLate ? 'no answer in time' : 'unreachable' };
  }
}
