import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { makeCatalog } from './contracts.ts';

export const handler = serveAgent(makeCatalog, async ({ items, characters }) => ({
  count: items,
  items: Array.from({ length: items }, (_, id) => ({
    id,
    title: `item "${id}" é`,
    isOpen: id % 2 === 0,
  })),
  preface: { author: 'Ann', body: 'x'.repeat(characters) },
}));
