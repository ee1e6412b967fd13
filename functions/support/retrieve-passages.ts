import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { retrievePassages } from './contracts.ts';
import type { Search } from './knowledge.ts';

export const handler = serveAgent(retrievePassages, async ({ query, limit }) => {
  const search = await knowledge();
  return { passages: [...search(query, limit)] };
});

let loading: Promise<Search> | undefined;

/** Loaded on the first message, so that importing this file does nothing; kept while the function lives. */
const knowledge = (): Promise<Search> => {
  loading ??= load();
  return loading;
};

async function load(): Promise<Search> {
  const [{ loadIndex }, { default: generated }] = await Promise.all([
    import('./knowledge.ts'),
    // Made by `prepare.ts` before the functions are bundled.
    import('./generated/knowledge.json', { with: { type: 'json' } }),
  ]);
  return loadIndex(generated.index);
}
