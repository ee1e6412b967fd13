/** One conversation: what is said, what the agents make of it, and what is booked. */
import { eventTree } from '#runtime/client/event-tree.ts';
import type { EventAccepted } from '#runtime/contracts/api.ts';
import { treeLines } from '../../draw/event-tree.ts';
import { clean } from '../../draw/text.ts';
import { endOf, pages } from '../../runs/follow.ts';
import { printLines } from '../../runs/print.ts';
import { curtain, eventsOf, type Theatre } from '../theatre.ts';
import { checkConversation } from './check.ts';
import { type Heard, heardOf, type Told } from './told.ts';

export interface Conversation {
  readonly title: string;
  readonly about: string;
  readonly messages: readonly string[];
  /** Whether a further message waits for what was found for the one before. */
  readonly isPatient: boolean;
}

export const CONVERSATIONS: readonly Conversation[] = [
  {
    title: '1 · One message',
    about:
      'One agent reads it, two react to what it says, and one to what both of them have found.',
    messages: ['We are looking for 8 rooms for at most $450,000, and would like to visit one.'],
    isPatient: true,
  },
  {
    title: '2 · A second thought',
    about: 'The second message says what the first one did not, and leaves the rest as it was.',
    messages: [
      'A house with 6 rooms, up to 380k please.',
      'Is there something cheaper? We would like to see it.',
    ],
    isPatient: true,
  },
  {
    title: '3 · In a hurry',
    about: 'The second message is sent before anybody has read the first one: they take turns.',
    messages: ['We need 7 rooms and our budget is $500,000.', 'Rather cheaper. When can we meet?'],
    isPatient: false,
  },
];

const TYPE = 'user.message.received';

export async function converse(theatre: Theatre, conversation: Conversation): Promise<Told> {
  const { io, client } = theatre;
  curtain(theatre, conversation.title, conversation.about);
  const said = await sayAll(theatre, conversation);
  const run = await endOf(client, said.run);
  const events = await eventsOf(client, run.id);
  printLines(io, ['', ...treeLines(eventTree(events), io), '']);
  const heard = conversation.messages.map((text, i) =>
    heardOf(text, said.origins[i] ?? '', events),
  );
  printLines(io, [...heard.flatMap((one) => heardLines(one, theatre)), '']);
  const told = { title: conversation.title, run, heard, events };
  await checkConversation(theatre, told);
  return told;
}

async function sayAll(
  theatre: Theatre,
  { messages, isPatient }: Conversation,
): Promise<{ readonly run: string; readonly origins: readonly string[] }> {
  const origins: string[] = [];
  let run: string | undefined;
  for (const text of messages) {
    const accepted = await say(theatre, text, run);
    run = accepted.run;
    origins.push(accepted.event.id);
    if (isPatient && messages.length > origins.length) {
      await untilFound(theatre, run, accepted.event.id);
    }
  }
  return { run: run ?? '', origins };
}

async function say({ io, client }: Theatre, text: string, run?: string): Promise<EventAccepted> {
  printLines(io, [`${io.paint('cyan', '>')} ${io.paint('bold', text)}`]);
  return client.sendEvent({ type: TYPE, data: { text }, ...(run !== undefined && { run }) });
}

/** Until homes were found for a message. */
async function untilFound({ client }: Theatre, run: string, origin: string): Promise<void> {
  for await (const page of pages(client, run, { follow: true })) {
    const isFound = page.some(
      (event) => event.type === 'listings.found' && event.origin === origin,
    );
    if (isFound) return;
  }
}

function heardLines({ text, found, meeting }: Heard, { io }: Theatre): string[] {
  const homes = found?.homes ?? [];
  return [
    `${io.paint('cyan', '>')} ${clean(text)}`,
    io.paint('dim', `  ${found?.fitting ?? 0} of 5,802 homes fit; the first of them:`),
    ...homes.map(
      ({ id, price, rooms, livingSqft, built }) =>
        `  home ${id.padStart(4)}  $${price.toLocaleString('en-US')}  ${rooms} rooms  ${livingSqft.toLocaleString('en-US')} sq ft  built ${built}`,
    ),
    ...(meeting
      ? [io.paint('green', `  a visit to home ${meeting.homeId} is booked for ${meeting.slot}`)]
      : []),
  ];
}
