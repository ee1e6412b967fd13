/**
 * Decides which parts of an output travel by reference.
 *
 * Job: a value in, the value with references and the texts that they stand for out.
 * Boundary: pure; the caller keeps the texts before anybody sees the references.
 *
 * A *part* that may be replaced is a text, or a list or object without such a part inside, of at least
 * so many bytes: the largest leaves, and where there is no large leaf (a list of many small objects)
 * the smallest value that is large. Parts are replaced largest first until the rest fits. If that
 * takes more than 16 of them, the least size is raised, so that whole values go in the place of their
 * parts, in the end whole fields of the output.
 *
 * Invariants
 * B5. What a workflow reads stays: fields marked `control` are never replaced, nor is an object as a whole
 *     that is the output itself, so that its fields keep their places.
 * B6. The same value gives the same references: hashes of inputs that hold them are as steady as those
 *     of the values.
 * B7. A payload holds data only, never a reference.
 */
import { createHash } from 'node:crypto';
import { REFERENCE_KEY } from '../contracts/claim-check.ts';
import { TerminalError } from '../contracts/errors.ts';

/** What one step takes or gives by reference, in bytes of JSON: what fits into a function's memory several times. */
export const PAYLOADS_MAX_BYTES = 16 * 1024 * 1024;

/** A reference has about 110 bytes itself. */
const LEAST_PART_BYTES = 256;
/** How much coarser each further try is. */
const COARSER = 4;
/** Each is an object of the store, written and read on its own. */
const MAX_REFERENCES = 16;

/** A text that a reference stands for. */
export interface Payload {
  readonly sha256: string;
  readonly text: string;
}

export interface ClaimCheck {
  /** JSON, with references where parts were. */
  readonly value: unknown;
  readonly payloads: readonly Payload[];
}

/**
 * @param value JSON, as `JSON.parse` gives it
 * @param limits.maxBytes the most that may travel inline, in bytes of JSON
 * @param limits.control fields that stay inline
 * @throws TerminalError OUTPUT_TOO_LARGE naming what could not be replaced
 */
export function claimCheck(
  value: unknown,
  limits: { readonly maxBytes: number; readonly control: readonly string[] },
): ClaimCheck {
  const root = partOf(value, '');
  if (root.bytes <= limits.maxBytes) return { value, payloads: [] };
  const replaceable = isRecord(value)
    ? root.parts.filter(({ key }) => !limits.control.includes(key))
    : [root];
  for (const parts of finestFirst(replaceable, root.bytes)) {
    const chosen = choose(parts, root.bytes - limits.maxBytes);
    if (chosen) return checked(root, new Set(chosen));
  }
  throw new TerminalError(whyTooLarge(value, root, limits), { code: 'OUTPUT_TOO_LARGE' });
}

/** A value that is large enough to be replaced, and those inside it. */
interface Part {
  /** In the value around it; empty for the whole. */
  readonly key: string;
  readonly value: unknown;
  readonly bytes: number;
  readonly parts: readonly Part[];
}

function partOf(value: unknown, key: string): Part {
  if (typeof value !== 'object' || value === null) {
    return { key, value, bytes: bytesOf(value), parts: [] };
  }
  const parts: Part[] = [];
  const members = Object.entries(value);
  // Brackets, and a comma between two members.
  let bytes = 2 + Math.max(0, members.length - 1);
  for (const [name, member] of members) {
    const part = partOf(member, name);
    bytes += part.bytes + (Array.isArray(value) ? 0 : bytesOf(name) + 1);
    if (part.bytes >= LEAST_PART_BYTES) parts.push(part);
  }
  return { key, value, bytes, parts };
}

const bytesOf = (scalar: unknown): number => Buffer.byteLength(JSON.stringify(scalar));

/** Ways to take the values apart, down to the values as they are. */
function* finestFirst(values: readonly Part[], maxBytes: number): Generator<readonly Part[]> {
  for (let least = LEAST_PART_BYTES; least <= maxBytes; least *= COARSER) {
    yield values.flatMap((value) => partsOf(value, least));
  }
  yield values;
}

/** The innermost parts of at least `least` bytes. */
function partsOf(part: Part, least: number): readonly Part[] {
  const inside = part.parts.flatMap((inner) => partsOf(inner, least));
  if (inside.length > 0) return inside;
  return part.bytes >= least ? [part] : [];
}

/** The largest of `parts`, as many as it takes to get rid of `tooMany` bytes; `null` when all or too many would not do. */
function choose(parts: readonly Part[], tooMany: number): readonly Part[] | null {
  const largestFirst = parts.toSorted((a, b) => b.bytes - a.bytes).slice(0, MAX_REFERENCES);
  let left = tooMany;
  for (const [i, { bytes }] of largestFirst.entries()) {
    left -= bytes - REFERENCE_BYTES - String(bytes).length;
    if (left <= 0) return largestFirst.slice(0, i + 1);
  }
  return null;
}

const reference = (sha256: string, bytes: number) => ({ [REFERENCE_KEY]: { sha256, bytes } });
/** Without the digits of `bytes`. */
const REFERENCE_BYTES = JSON.stringify(reference('0'.repeat(64), 0)).length - 1;

function checked(root: Part, chosen: ReadonlySet<Part>): ClaimCheck {
  const payloads = new Map<string, Payload>();
  const replace = (part: Part): unknown => {
    if (chosen.has(part)) {
      const text = JSON.stringify(part.value);
      const sha256 = createHash('sha256').update(text).digest('hex');
      payloads.set(sha256, { sha256, text });
      return reference(sha256, part.bytes);
    }
    const changed = part.parts.map((inner) => [inner, replace(inner)] as const);
    return changed.every(([inner, after]) => after === inner.value)
      ? part.value
      : withMembers(part.value, new Map(changed.map(([inner, after]) => [inner.key, after])));
  };
  return { value: replace(root), payloads: [...payloads.values()] };
}

/** A copy of a list or object with other members under some of its keys. */
const withMembers = (value: unknown, members: ReadonlyMap<string, unknown>): unknown => {
  const after = (key: string, member: unknown): unknown =>
    members.has(key) ? members.get(key) : member;
  return Array.isArray(value)
    ? value.map((item, i) => after(String(i), item))
    : Object.fromEntries(
        Object.entries(Object(value)).map(([key, member]) => [key, after(key, member)]),
      );
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function whyTooLarge(
  value: unknown,
  { bytes }: Part,
  { maxBytes, control }: { readonly maxBytes: number; readonly control: readonly string[] },
): string {
  const what = `the output is ${bytes} bytes of JSON; allowed inline: ${maxBytes}`;
  const [widest] = isRecord(value)
    ? control
        .filter((field) => Object.hasOwn(value, field))
        .map((field) => ({ field, bytes: partOf(value[field], field).bytes }))
        .sort((a, b) => b.bytes - a.bytes)
    : [];
  return widest && widest.bytes > maxBytes / 2
    ? `${what}. The field "${widest.field}" has ${widest.bytes} of them and stays inline, because the contract marks it as control. Keep it small, or put what no workflow reads into a field of its own.`
    : `${what}, and at most ${MAX_REFERENCES} of its parts may be stored elsewhere, which do not make enough of it. Put what belongs together into one field, a list or an object.`;
}
