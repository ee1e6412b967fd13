/** Key of the call that records an emitted event; a new attempt emits anew. */
export const emitCall = (emission: {
  readonly type: string;
  readonly ordinal: number;
  readonly gen: number;
  /** `redrive.retry` */
  readonly attempt: string;
}): string => {
  const { type, ordinal, gen, attempt } = emission;
  return `${EMIT_PREFIX}${type}:${ordinal}:${gen}.${attempt}`;
};

/** What the keys of all such calls begin with. */
export const EMIT_PREFIX = 'emit:';
