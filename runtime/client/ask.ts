/** Asks the API; the answer is what the route says, which is taken at its word. */
export type Ask = (path: string, request: AskedOf) => Promise<unknown>;

interface AskedOf {
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

/** `?a=b&c=d` of the parameters that are set; empty when none is. */
export function queryText(
  parameters: Readonly<Record<string, string | number | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}
