/**
 * Words as the server compares them: without case, endings and filler.
 *
 * Boundary: pure; knows English, not any one subject.
 */

/** A word of a question that an answer has to speak to. */
export interface AskedWord {
  readonly stem: string;
  /** `generic` words shape a question and hardly narrow it down; `name`s narrow it most. */
  readonly kind: 'generic' | 'plain' | 'name';
}

/** Content words of a question, each once. */
export function askedWords(question: string): readonly AskedWord[] {
  const words = new Map<string, AskedWord>();
  for (const [i, word] of (question.match(WORD) ?? []).entries()) {
    if (STOP_WORDS.has(word.toLowerCase())) continue;
    const stem = stemOf(word);
    if (!words.has(stem)) words.set(stem, { stem, kind: kindOf(word, stem, i) });
  }
  return [...words.values()];
}

/** Stems of all content words of a text. */
export const stemsOf = (text: string): ReadonlySet<string> =>
  new Set(
    (text.match(WORD) ?? []).filter((word) => !STOP_WORDS.has(word.toLowerCase())).map(stemOf),
  );

/** Whether the stems hold this one, or a longer or shorter form of it: "deploy" and "deployment". */
export function has(stems: ReadonlySet<string>, stem: string): boolean {
  if (stems.has(stem)) return true;
  if (stem.length < MIN_PREFIX) return false;
  for (const other of stems) {
    const [short, long] = other.length < stem.length ? [other, stem] : [stem, other];
    const tail = long.length - short.length;
    if (short.length >= MIN_PREFIX && tail <= MAX_TAIL && long.startsWith(short)) return true;
  }
  return false;
}

const MIN_PREFIX = 5;
const MAX_TAIL = 4;

const WORD = /[\p{L}\p{N}]+(?:'[a-z]+)?/gu;

function kindOf(word: string, stem: string, position: number): AskedWord['kind'] {
  if (GENERIC_STEMS.has(stem)) return 'generic';
  return position > 0 && /^\p{Lu}/u.test(word) ? 'name' : 'plain';
}

function stemOf(word: string): string {
  const lower = word.toLowerCase().replace(/'[a-z]+$/, '');
  const known = SYNONYMS.get(lower);
  if (known !== undefined) return known;
  const stem = strip(lower);
  return SYNONYMS.get(stem) ?? stem;
}

function strip(word: string): string {
  if (word.length <= 3) return word;
  return word
    .replace(/(?:ies|ied)$/, 'y')
    .replace(/(?<=sh|ch|x|ss|zz)es$|(?<=[^sui])s$/, '')
    .replace(/(?<=[aeiouy].*)(?:ing|ed)$/, '')
    .replace(/([bdgmnprt])\1$/, '$1')
    .replace(/(?<=...)e$/, '');
}

const listed = (text: string): readonly string[] => text.trim().split(/\s+/);

const STOP_WORDS = new Set(
  listed(`
  a about above after all also am an and any are aren't as at be because been before being below between both but by
  can can't could did didn't do does doesn't doing don't down during each few for from further had has have having he
  her here hers him his how i i'd i'll i'm i've if in into is isn't it it's its itself just me more most my no nor not
  of off on once only or other our out over own please same she should so some such tell than that that's the their
  them then there these they this those through to too under until up us very was we were what what's when where which
  while who whom whose why will with without won't would you your yours s t`),
);

const GENERIC_WORDS = `
  actually allow anything become best call change come common contain contains could difference done exactly example explain everything
  find finds first get gets getting give given gives go goes good handle handled happen happened happens help
  instead keep kept kind know lead let like long look made make makes making many matter may mean means might much must
  name need needs never new notice noticed now often one part perform performed possible possibly put quickly reason
  return returned returns right say says see seen set sets show shows something soon sort start stay still sure take
  takes tell tells thing things think time try turn two type understand use used uses using usually want wants way well
  whole work works working wrong describe deal always ever require required requires requirement version`;

const SYNONYMS: ReadonlyMap<string, string> = new Map(
  [
    'crash kill killed die dies died dying',
    'twice duplicate duplicated duplicates again repeated double doubled',
    'human person people someone somebody',
    'documentation docs documents',
    'guarantee guaranteed promise promised promises ensure ensures',
    'failure failures fail fails failed error errors',
    'queue queues sqs',
    'stream streams kinesis',
    'store stored stores save saved',
    'database table tables dynamodb',
    'picture diagram',
    'prerequisites requirements',
    'setup install installed installing installation',
    'remove delete deleted',
    'expire expires expired expiry timeout',
    'cli terminal',
    'vs versus',
    'begin begins starts started launch',
    'licence license licensed',
  ].flatMap((group) => {
    const [head = '', ...rest] = group.split(' ');
    return [head, ...rest].map((word) => [word, head] as const);
  }),
);

const GENERIC_STEMS = new Set(listed(GENERIC_WORDS).map(stemOf));
