import type { Construct } from 'constructs';
import {
  extractPreferences,
  qualifyLead,
  realEstate,
  type realEstateEvents,
  scheduleMeeting,
  searchListings,
} from '../../functions/real-estate/contracts.ts';
import { latest, Subscriptions } from '../constructs/subscriptions.ts';

/** Finds homes for what somebody writes, and books a visit. */
export const realEstateAgents = (scope: Construct): Subscriptions<typeof realEstateEvents> =>
  new Subscriptions(scope, 'RealEstate', { contract: realEstate })
    // One message after the other: what a second one means depends on the first one.
    .on(
      'user.message.received',
      extractPreferences,
      {},
      { perRun: 'serial', previous: { previous: latest('user.intent.identified') } },
    )
    .on('user.intent.identified', searchListings)
    .on('user.intent.identified', qualifyLead, { wantsVisit: true })
    // Of each message by itself: a visit is to a home that this very message has found.
    .onAll({ found: 'listings.found', lead: 'lead.qualified' }, scheduleMeeting, {
      per: 'origin',
      timeoutSeconds: 60,
    });
