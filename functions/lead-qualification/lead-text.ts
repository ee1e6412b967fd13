import type { Lead } from './contracts.ts';

/** A lead as a model reads it. Its fields have no room for instructions: the contract bounds their characters. */
export const leadText = ({ leadId, country, source, ordersOnline, address }: Lead): string =>
  [
    `Lead ${leadId} is ${country === 'us' ? 'in' : 'outside'} the United States.`,
    source === 'none' ? 'The name was on no list.' : `The name was taken from list ${source}.`,
    `The address is ${address}.`,
    ordersOnline ? 'Orders were placed on the web.' : 'No order was placed on the web.',
  ].join('\n');
