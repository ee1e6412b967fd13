/** Which cloud the contract tests run against. */
import { CLOUD_NAMES, type CloudName } from '../../../localstack/capabilities.ts';

export interface CloudUnderTest {
  /** Whose column of the capabilities applies. */
  readonly name: CloudName;
  /** Without a trailing slash; `null` for AWS. */
  readonly endpoint: string | null;
}

/** The variable says it, otherwise what answers at the endpoint; no endpoint means `null`. */
export async function cloudAt(
  endpoint: string | null,
  named: string | undefined,
): Promise<CloudUnderTest | null> {
  const name = nameOf(named);
  if (name === 'aws') return { name, endpoint: null };
  if (endpoint === null) return null;
  return { name: name ?? (await guess(endpoint)), endpoint };
}

/** @throws RangeError for a name that no cloud has */
export function nameOf(named: string | undefined): CloudName | null {
  if (!named) return null;
  const name = CLOUD_NAMES.find((known) => known === named);
  if (name !== undefined) return name;
  throw new RangeError(
    `SIGNALBOX_CONTRACT_CLOUD is "${named}"; it may be ${CLOUD_NAMES.join(', ')} or unset`,
  );
}

async function guess(endpoint: string): Promise<CloudName> {
  const { ok } = await fetch(`${endpoint}/_ministack/health`);
  return ok ? 'embedded' : 'localstack';
}
