import { lazy } from '#runtime/core/lazy.ts';
import type { QuotaLedger } from '#runtime/ports.ts';
import type { TableOptions } from './table.ts';

/** The buckets of quotas, loaded with the first call that has one: most of what starts a function makes none. */
export function lateQuotaLedger(options: TableOptions): QuotaLedger {
  const loaded = lazy(async () => {
    const { DynamoDbQuotaLedger } = await import('./quota-ledger.ts');
    return new DynamoDbQuotaLedger(options);
  });
  return {
    read: async (keys) => (await loaded()).read(keys),
    list: async (quotas) => (await loaded()).list(quotas),
    take: async (take) => (await loaded()).take(take),
    change: async (change) => (await loaded()).change(change),
  };
}
