import { expect, test } from 'vitest';
import { Heap } from '#runtime/adapters/memory/heap.ts';

test('items come in the order of their keys, equal keys in the order in which they came', () => {
  const heap = new Heap<string>();
  const keys = [5, 1, 4, 1, 3, 5, 2, 1];
  for (const [i, key] of keys.entries()) heap.push(key, `${key}.${i}`);
  const popped = keys.map(() => heap.pop());
  expect(popped).toEqual(['1.1', '1.3', '1.7', '2.6', '3.4', '4.2', '5.0', '5.5']);
  expect(heap.pop()).toBeUndefined();
});

test('what is kept stays in its order', () => {
  const heap = new Heap<number>();
  for (const key of [6, 3, 5, 4, 2, 1]) heap.push(key, key);
  heap.keep((item) => item % 2 === 1);
  heap.push(0, 0);
  expect([heap.size, heap.pop(), heap.pop(), heap.pop(), heap.pop()]).toEqual([4, 0, 1, 3, 5]);
});
