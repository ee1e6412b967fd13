import type { QuotaRecord } from '#runtime/contracts/quota.ts';
import type { Fact } from '../evidence.ts';
import type { Check, Judge } from './check.ts';

/** So late a call may use its place, its containers' clocks may be ahead or behind, and its way may take. */
const LATENESS_SECONDS = 1 + 2 * 2 + 0.5;
/**
 * A tenant's line runs on while the shared one is frozen by a Retry-After (at most 40 s here), and all
 * whose turn came meanwhile go then, as fast as the shared line lets them.
 */
const FROZEN_SECONDS = 45;
/** Whoever stood still has its turn behind it, and begins its call within this time. */
const AFTER_DELAY_MS = 3000;

type Began = Fact & { readonly kind: 'call-began' };

/**
 * R7: over any window, calls through a quota are at most its rate × window + burst + rate × lateness, one
 * more for the fast lane, and what probes a closed quota.
 *
 * A leaky bucket holds what calls are ahead of the rate: all windows at once. Calls of a container that
 * stood still between their turn and their beginning are late by more, and are left out.
 */
export function withinQuota(): Check {
  /** By quota and tenant. */
  const buckets = new Map<string, Bucket>();
  /** By container; `''` is the whole world. Epoch milliseconds. */
  const delays = new Map<string, number>();
  const isDelayed = ({ by, atMs }: Fact): boolean =>
    [by, ''].some((who) => (delays.get(who) ?? 0) + AFTER_DELAY_MS > atMs);
  return {
    invariant: 'R7',
    see: (fact, _, judge) => {
      switch (fact.kind) {
        case 'delayed': {
          const who = fact.isEverybody ? '' : fact.by;
          delays.set(who, Math.max(delays.get(who) ?? 0, fact.atMs + fact.ms));
          break;
        }
        case 'quota-changed': {
          const bucket = buckets.get(keyOf(fact.after)) ?? new Bucket(fact.after);
          buckets.set(keyOf(fact.after), bucket);
          bucket.change(fact.before, fact.after, judge);
          break;
        }
        case 'call-began':
          if (fact.quota !== undefined && !isDelayed(fact)) judgeCall(fact, buckets, judge);
          break;
        default:
      }
    },
  };
}

/** Its first call is made behind its bucket's beginning. There is one tenant only. */
function judgeCall(fact: Began, buckets: ReadonlyMap<string, Bucket>, judge: Judge): void {
  const own = [...buckets.values()].filter(({ quota }) => quota === fact.quota);
  if (own.length === 0) judge.violate(`${tellOf(fact)}: nobody has lined up for ${fact.quota}`);
  for (const bucket of own) bucket.add(fact, judge);
}

class Bucket {
  readonly quota: string;
  readonly #name: string;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #latenessSeconds: number;
  /** Calls that are ahead of the rate. */
  #level = 0;
  #atMs = 0;

  constructor(record: QuotaRecord) {
    const { requestsPerSecond, burst = 2 } = record.limits;
    this.quota = record.quota;
    this.#name = keyOf(record);
    this.#perSecond = requestsPerSecond;
    this.#burst = burst;
    this.#latenessSeconds = LATENESS_SECONDS + (record.tenant === undefined ? 0 : FROZEN_SECONDS);
  }

  change(before: QuotaRecord | null, after: QuotaRecord, judge: Judge): void {
    if (after.throttled > (before?.throttled ?? 0)) judge.saw('a refused call');
    if (after.closed && !before?.closed) judge.saw('a quota closed');
    if (after.epoch > (before?.epoch ?? after.epoch)) {
      judge.saw('a quota opened');
      // Everybody lines up anew, with a burst.
      this.#level -= this.#burst;
    }
    const [probe, last] = [probeOf(after), probeOf(before)];
    if (probe > last && last > 0) {
      judge.saw('a probe');
      this.#level -= 1;
    }
  }

  add(fact: Began, judge: Judge): void {
    const passedSeconds = (fact.atMs - this.#atMs) / 1000;
    const most = this.#burst + 1 + this.#perSecond * this.#latenessSeconds;
    this.#level =
      Math.max(Math.min(this.#level, 0), this.#level - passedSeconds * this.#perSecond) + 1;
    this.#atMs = fact.atMs;
    judge.saw(
      this.#level > this.#burst ? 'a call as fast as the quota allows' : 'a call of a quota',
    );
    if (this.#level > most) {
      judge.violate(
        `${tellOf(fact)}: ${this.#name} lets ${this.#perSecond} a second through and ${this.#burst} at once, and now ${this.#level.toFixed(1)} calls are ahead of that (at most ${most.toFixed(1)})`,
      );
    }
  }
}

const probeOf = (record: QuotaRecord | null): number =>
  record?.closed?.kind === 'outage' ? record.closed.probeAtMs : 0;

const keyOf = ({ quota, tenant }: QuotaRecord): string =>
  tenant === undefined ? quota : `${quota} of ${tenant}`;

const tellOf = ({ run, path, by, call }: Began): string => `${run}/${path}: ${by} begins ${call}`;
