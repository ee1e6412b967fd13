import { styleText } from 'node:util';

export type Tone = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'magenta';

/** Colours a text, or leaves it as it is: drawing does not know which. */
export type Paint = (tone: Tone, text: string) => string;

/** What is drawn on: its width in characters, and its colours. */
export interface Sheet {
  readonly width: number;
  readonly paint: Paint;
}

export const noPaint: Paint = (_tone, text) => text;

/** Colours if `stream` is a terminal that shows them; honours NO_COLOR, FORCE_COLOR and NODE_DISABLE_COLORS. */
export const paintFor =
  (stream: NodeJS.WriteStream): Paint =>
  (tone, text) =>
    styleText(tone, text, { stream });
