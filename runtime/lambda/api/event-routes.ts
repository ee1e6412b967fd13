/** The route that tells an event from outside. */
import type { EventAccepted } from '../../contracts/api.ts';
import type { ApiDependencies, RouteHandler } from './dependencies.ts';
import { eventBodyOf } from './event-request.ts';
import { refuseParameters } from './query.ts';
import { idempotencyKeyOf, traceparentHeaderOf } from './request.ts';
import { jsonResponse } from './response.ts';
import { sendEvent as send } from './send-event.ts';

export const sendEvent =
  (dependencies: ApiDependencies): RouteHandler =>
  async ({ event, tenant }) => {
    refuseParameters(event);
    const { run, id, type, time } = await send(dependencies, {
      tenant,
      body: eventBodyOf(event),
      idempotencyKey: idempotencyKeyOf(event),
      traceparent: traceparentHeaderOf(event),
    });
    const accepted: EventAccepted = { run, event: { id, type, time } };
    // Relative, because only the caller knows under which host and stage the API is reached.
    const location = `${event.path.endsWith('/') ? '../' : ''}runs/${run}`;
    return jsonResponse(202, accepted, { location });
  };
