/**
 * Fair shares: a tenant that asks for less than its part of a workflow's rate is not made to wait for
 * one that asks for more.
 *
 * Boundary: pure. A tenant's virtual time runs ahead of the clock by what it was let in with; at its
 * fair share or below it stays where the clock is (the generic cell rate algorithm).
 *
 * Invariants
 * S1. At every instant the shares of all tenants together are at most the rate.
 * S2. Only tenants that came lately count, so nobody's part lies idle for longer than that.
 */
import type { AdmissionRecord } from '../contracts/admission.ts';

/** A tenant that was let in so long ago does not count. */
const LATELY_MS = 60_000;

/** So much of its share a tenant may use at once. */
const BURST_MS = 1000;

/** What one tenant alone takes counts as if there were another: when that one comes, half of the rate is its. */
const MIN_TENANTS = 2;

/**
 * More are not remembered: the record stays small, and shares grow no smaller. Whoever is not remembered
 * while so many are has no share (S1): what it was let in with before, nobody knows.
 */
const MAX_TENANTS = 200;

type Shares = Pick<AdmissionRecord, 'line' | 'tenants'>;

/** Whether a tenant is below its fair share, and what that is in runs per second. One alone has nobody to be kept from. */
export function fairShare(
  { line, tenants }: Shares,
  tenant: string,
  nowMs: number,
): { readonly isBelow: boolean; readonly perSecond: number } {
  const lately = Object.keys(tenants).filter((name) => isLate(tenants, name, nowMs));
  const count = new Set([...lately, tenant]).size;
  const hasShare = count > 1 && (lately.length < MAX_TENANTS || lately.includes(tenant));
  return {
    isBelow: hasShare && timeOfTenant(tenants, tenant) <= nowMs + BURST_MS,
    perSecond: line.rate / Math.max(MIN_TENANTS, count),
  };
}

/** The virtual times after a run of this tenant was let in, without tenants that did not come lately. */
export function withShareUsed(
  shares: Shares,
  tenant: string,
  nowMs: number,
): Readonly<Record<string, number>> {
  const { perSecond } = fairShare(shares, tenant, nowMs);
  if (perSecond === 0) return {};
  const { tenants } = shares;
  const costMs = 1000 / perSecond;
  const usedMs = Math.max(nowMs, timeOfTenant(tenants, tenant)) + costMs;
  // What a tenant took while nobody else wanted it is held against it for a while only.
  const boundedMs = Math.min(usedMs, nowMs + Math.max(LATELY_MS, costMs));
  const others = Object.entries(tenants).filter(
    ([name]) => name !== tenant && isLate(tenants, name, nowMs),
  );
  const kept = others.sort(([, a], [, b]) => b - a).slice(0, MAX_TENANTS - 1);
  return Object.fromEntries([...kept, [tenant, boundedMs]]);
}

const isLate = (tenants: Shares['tenants'], name: string, nowMs: number): boolean =>
  timeOfTenant(tenants, name) > nowMs - LATELY_MS;

const timeOfTenant = (tenants: Shares['tenants'], tenant: string): number =>
  Object.hasOwn(tenants, tenant) ? (tenants[tenant] ?? 0) : Number.NEGATIVE_INFINITY;
