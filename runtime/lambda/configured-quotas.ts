import * as z from 'zod/mini';
import { EnvironmentError } from '../contracts/errors.ts';
import { type QuotaLimits, QuotasSchema } from '../contracts/quota.ts';
import { describeIssues } from '../core/issues.ts';
import { parseJson } from '../core/parse-json.ts';

/**
 * The stage's quotas, by name.
 * @param text JSON (environment variable QUOTAS)
 * @throws EnvironmentError naming what is wrong with it
 */
export function configuredQuotas(text: string): Readonly<Record<string, QuotaLimits>> {
  const quotas = z.safeParse(QuotasSchema, parseJson(text));
  if (quotas.success) return quotas.data;
  throw new EnvironmentError(
    `QUOTAS is not a JSON object of limits by quota name: ${describeIssues(quotas.error.issues)}`,
  );
}
