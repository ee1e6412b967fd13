/** Reads the tagged sections of a prompt: `<tag name="value">…</tag>`. Pure. */

export interface Section {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Sections in order, a section inside another one included; without any, the prompt is one of tag ''. */
export function sectionsOf(prompt: string): readonly Section[] {
  const found = read(prompt);
  return found.length > 0 ? found : [{ tag: '', attributes: {}, text: prompt.trim() }];
}

/** The text of the first section with this tag; the whole prompt when there is none. */
export const textOf = (prompt: string, tag: string): string =>
  sectionsOf(prompt).find((section) => section.tag === tag)?.text ?? prompt.trim();

const SECTION = /<([a-z][\w-]*)((?: [\w-]+="[^"]*")*)>\n?([\s\S]*?)\n?<\/\1>/g;

const read = (text: string): readonly Section[] =>
  [...text.matchAll(SECTION)].flatMap(([, tag = '', attributes = '', inner = '']) => [
    { tag, attributes: attributesOf(attributes), text: unescapeTags(inner) },
    ...read(inner),
  ]);

const attributesOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );

const unescapeTags = (text: string): string => text.replaceAll('&lt;', '<');
