/** Items in the order of their keys, equal keys in the order in which they came. */
export class Heap<T> {
  readonly #nodes: { readonly key: number; readonly order: number; readonly item: T }[] = [];
  #pushed = 0;

  get first(): { readonly key: number; readonly item: T } | undefined {
    return this.#nodes[0];
  }

  get size(): number {
    return this.#nodes.length;
  }

  /** Leaves out what is not wanted any more. */
  keep(isWanted: (item: T) => boolean): void {
    const kept = this.#nodes.filter(({ item }) => isWanted(item)).sort(compare);
    this.#nodes.splice(0, this.#nodes.length, ...kept);
  }

  push(key: number, item: T): void {
    this.#pushed += 1;
    const nodes = this.#nodes;
    const node = { key, order: this.#pushed, item };
    let at = nodes.length;
    nodes.push(node);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = nodes[above];
      if (!parent || !isBefore(node, parent)) break;
      nodes[at] = parent;
      at = above;
    }
    nodes[at] = node;
  }

  pop(): T | undefined {
    const nodes = this.#nodes;
    const top = nodes[0];
    const last = nodes.pop();
    if (!last || top === last) return top?.item;
    let at = 0;
    for (;;) {
      const [left, right] = [nodes[2 * at + 1], nodes[2 * at + 2]];
      const below = right && left && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
      const child = nodes[below];
      if (!child || !isBefore(child, last)) break;
      nodes[at] = child;
      at = below;
    }
    nodes[at] = last;
    return top?.item;
  }
}

interface Ordered {
  readonly key: number;
  readonly order: number;
}

const compare = (a: Ordered, b: Ordered): number => a.key - b.key || a.order - b.order;

const isBefore = (a: Ordered, b: Ordered): boolean => compare(a, b) < 0;
