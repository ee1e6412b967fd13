import { LEDGER_AREAS } from '../../contracts/tables.ts';
import type { ItemKey } from '../ledger-item.ts';

/** Where a replay's record lies. */
export const replayKey = (id: string): ItemKey => ({
  pk: `${LEDGER_AREAS.replays}#${id}`,
  sk: 'replay',
});
