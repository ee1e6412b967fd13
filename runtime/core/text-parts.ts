/** Cuts a text into parts of at most `maxBytes` of UTF-8, none in the middle of a character; one part at least. */
export function textParts(text: string, maxBytes: number): readonly string[] {
  const bytes = Buffer.from(text);
  const parts: string[] = [];
  for (let start = 0; start < bytes.length || parts.length === 0; ) {
    const end = endOfPart(bytes, start + maxBytes);
    parts.push(bytes.toString('utf8', start, end));
    start = end;
  }
  return parts;
}

/** The last place up to `end` at which a character ends. */
function endOfPart(bytes: Uint8Array, end: number): number {
  let cut = Math.min(end, bytes.length);
  while (cut < bytes.length && isContinuation(bytes[cut])) cut -= 1;
  return cut;
}

const isContinuation = (byte: number | undefined): boolean =>
  byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;
