import type { Preferences } from './contracts.ts';

export const SYSTEM = `You read what somebody who looks for a home writes to an agent.
Answer with what they look for now:
- "rooms": the least number of rooms, null if they never said;
- "maxPrice": the highest price in US dollars, null if they never said;
- "wantsVisit": true if this message asks to see a home, to visit or to meet.
What the message does not touch stays as in <previous>, except for "wantsVisit". If they ask for something cheaper and name no price, take nine tenths of the previous highest price.`;

/** What somebody writes is data: it cannot close its section. */
const escaped = (text: string): string => text.replaceAll('<', '&lt;');

export const promptOf = (text: string, previous: Preferences | null): string =>
  `<message>\n${escaped(text)}\n</message>\n<previous>\n${JSON.stringify(previous)}\n</previous>`;
