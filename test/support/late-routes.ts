/**
 * Loads the API's late routes beforehand, for tests in virtual time: it stands still for a waiting
 * caller, but not for a module that is read from disk.
 */
import '#runtime/lambda/api/change-routes.ts';
import '#runtime/lambda/api/dead-letter-routes.ts';
import '#runtime/lambda/api/fleet-routes.ts';
import '#runtime/lambda/api/inspect-routes.ts';
import '#runtime/lambda/api/workflow-routes.ts';
