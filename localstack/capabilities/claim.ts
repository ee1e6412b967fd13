/** The cloud does it, or why it doesn't. */
type Claim = true | { readonly no: string };

/** AWS has whatever its documentation says. */
export interface Capability {
  readonly embedded: Claim;
  readonly localstack: Claim;
  readonly aws: true;
}

export const everywhere: Capability = { embedded: true, localstack: true, aws: true };

/** @param reason what LocalStack does instead, as documented */
export const notOnLocalStack = (reason: string): Capability => ({
  ...everywhere,
  localstack: { no: reason },
});
