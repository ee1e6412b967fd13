type Headers = Readonly<Record<string, string>>;

/**
 * How long a provider asks to wait, whatever way it says so: `retry-after-ms`, or `Retry-After` in
 * seconds or as a date. A date is read against the answer's own `Date`, so that no clock of ours matters.
 * @param headers with names in lower case
 * @returns `undefined` when it does not say, or says nothing that can be understood
 */
export function retryAfterSeconds(headers: Headers): number | undefined {
  const ms = numberOf(headers['retry-after-ms']);
  if (ms !== undefined) return ms / 1000;
  const after = headers['retry-after'];
  return numberOf(after) ?? secondsUntil(after, headers.date);
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

function secondsUntil(date: string | undefined, now: string | undefined): number | undefined {
  if (date === undefined || now === undefined) return undefined;
  const seconds = (Date.parse(date) - Date.parse(now)) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
