/** Sorts a message to a support desk. Pure. */

export type Intent = 'question' | 'person' | 'other';

export function intentOf(query: string): Intent {
  if (ASKS_FOR_PERSON.some((pattern) => pattern.test(query))) return 'person';
  if (IS_QUESTION.some((pattern) => pattern.test(query)) || isKeywords(query)) return 'question';
  return 'other';
}

const PERSON =
  '(?:person|human(?: being)?|someone|somebody|representative|operator|support (?:agent|engineer|team|staff)|engineer|manager|supervisor|employee|staff|team member|real agent|live agent)';

const ASKS_FOR_PERSON = [
  new RegExp(
    `\\b(?:talk|speak|chat|connect(?: me)?|transfer(?: me)?|escalate|put me through|pass me|hand me(?: over)?|get me|reach|contact|call)\\b(?: \\S+){0,4}? ${PERSON}\\b`,
    'i',
  ),
  new RegExp(
    `\\b(?:want|need|prefer|like|give me|is there) (?:\\S+ ){0,3}?${PERSON}\\b(?! to )`,
    'i',
  ),
  new RegExp(
    `\\b${PERSON},? (?:please|now|(?:should |to |can |could )?(?:call|contact|write|help|look|reply|get back))\\b`,
    'i',
  ),
  /\b(?:real|live|actual) (?:person|human|agent)\b/i,
  /\b(?:call|phone|ring) me\b/i,
];

const IS_QUESTION = [
  /\?\s*$/,
  /\?\s/,
  /^\W*(?:how|what|what's|when|where|which|who|whose|why|is|are|can|could|do|does|did|will|would|should|may|has|have)\b/i,
  /^\W*(?:please )?(?:explain|describe|tell me|show me|list|compare|define)\b/i,
  /\b(?:wonder|like to know|want to know|know (?:how|what|why|when|whether|if))\b/i,
];

const SPEAKS_OF_ITSELF = /\b(?:i|i'm|my|me|we|our|it|thanks|thank|hello|hi|hey)\b/i;

/** People type keywords into a question box: a few words that state nothing about the writer. */
const isKeywords = (query: string): boolean => {
  const words = query.trim().split(/\s+/);
  return words.length <= 5 && !SPEAKS_OF_ITSELF.test(query) && !/[.!]\s*$/.test(query);
};
