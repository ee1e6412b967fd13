/**
 * Loads beforehand what the API loads late, most of it routes, for tests in virtual time: it stands still
 * for a waiting caller, but not for a module that is read from disk.
 */
import '#runtime/core/admission-control.ts';
import '#runtime/lambda/api/approval-routes.ts';
import '#runtime/lambda/api/change-routes.ts';
import '#runtime/lambda/api/consumer-routes.ts';
import '#runtime/lambda/api/dead-letter-routes.ts';
import '#runtime/lambda/api/event-routes.ts';
import '#runtime/lambda/api/fleet-routes.ts';
import '#runtime/lambda/api/inspect-routes.ts';
import '#runtime/lambda/api/replay-routes.ts';
import '#runtime/lambda/api/workflow-routes.ts';
import '#runtime/lambda/wait/look-after-waits.ts';
