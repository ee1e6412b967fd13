/** `npm run demo:real-estate`: three conversations with agents that know events, never each other. */
import { perform } from '../stage.ts';
import { CONVERSATIONS, converse } from './converse.ts';
import { documentOf, type Told } from './told.ts';

await perform({
  command: 'npm run demo:real-estate',
  play: async (theatre) => {
    const told: Told[] = [];
    for (const conversation of CONVERSATIONS) told.push(await converse(theatre, conversation));
    return (elapsedMs) => documentOf(told, elapsedMs);
  },
});
