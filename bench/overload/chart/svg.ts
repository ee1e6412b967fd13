/** SVG as text. Boundary: pure. */

type Attributes = Readonly<Record<string, string | number>>;

/** @param children elements, already as text */
export const element = (
  name: string,
  attributes: Attributes,
  children: readonly string[] = [],
): string => {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escaped(shown(value))}"`,
  );
  const start = `<${name}${written.join('')}`;
  return children.length === 0 ? `${start}/>` : `${start}>${children.join('')}</${name}>`;
};

export const text = (words: string, attributes: Attributes): string =>
  element('text', attributes, [escaped(words)]);

/** A line through points; a gap where there is none. */
export function linePath(points: readonly (readonly [number, number] | null)[]): string {
  let isOpen = false;
  return points
    .map((point) => {
      const command = isOpen ? 'L' : 'M';
      isOpen = point !== null;
      return point === null ? '' : `${command}${shown(point[0])} ${shown(point[1])}`;
    })
    .join('');
}

const shown = (value: string | number): string =>
  typeof value === 'number' ? String(Math.round(value * 10) / 10) : value;

const escaped = (words: string): string =>
  words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
