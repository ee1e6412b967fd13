/** Sorts leads by who looks after them. Pure. */

export type Segment = 'consumer' | 'business' | 'international';

/** @param lead sentences that say where the lead is and what its address is */
export function segmentOf(lead: string): Segment {
  if (/\b(?:outside|not in) the United States\b/i.test(lead)) return 'international';
  return /\baddress is residential\b/i.test(lead) ? 'consumer' : 'business';
}
