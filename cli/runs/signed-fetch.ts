import { CliError } from '../errors.ts';

/**
 * A `fetch` that signs each request for API Gateway with the caller's AWS credentials (SigV4).
 * What it needs is loaded here and not before: a local stage never pays for it.
 */
export async function signedFetch(region: string): Promise<typeof fetch> {
  const [{ SignatureV4 }, { Sha256 }, { defaultProvider }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@aws-crypto/sha256-js'),
    import('@aws-sdk/credential-provider-node'),
  ]);
  const credentials = await defaultProvider()().catch((cause: unknown) => {
    throw new CliError('CREDENTIALS_MISSING', 'no AWS credentials were found to sign with', {
      next: 'Sign in (`aws sso login`, AWS_PROFILE or AWS_ACCESS_KEY_ID), then try again.',
      cause,
    });
  });
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const body = request.body === null ? undefined : await request.text();
    const signed = await signer.sign({
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: queryOf(url),
      headers: { ...Object.fromEntries(request.headers), host: url.host },
      ...(body !== undefined && { body }),
    });
    const { host: _host, ...headers } = signed.headers;
    return fetch(request.url, {
      method: request.method,
      headers,
      signal: request.signal,
      ...(body !== undefined && { body }),
    });
  };
}

/** Parameters as the signer wants them: a repeated name is a list. */
function queryOf(url: URL): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name);
    query[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return query;
}
