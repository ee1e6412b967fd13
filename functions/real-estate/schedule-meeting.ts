import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { calendarAt } from './calendar.ts';
import { scheduleMeeting } from './contracts.ts';
import { calendarUrl } from './environment.ts';

export const handler = serveAgent(scheduleMeeting, async ({ found, lead }, ctx) => {
  const [home] = found.homes;
  if (!home) return { outcome: 'nothing-to-see' as const };
  if (lead.grade === 'C') return { outcome: 'not-qualified' as const };
  const calendar = calendarAt(calendarUrl());
  const { slot } = await ctx.effect(
    'booking',
    // The calendar books once for one key.
    { whenUnknown: 'retry' },
    (idempotencyKey) => calendar.book(home.id, { idempotencyKey, signal: ctx.signal }),
  );
  await ctx.emit('meeting.scheduled', { homeId: home.id, slot });
  return { outcome: 'scheduled' as const };
});
