/**
 * The address of a step inside its run: `answer`, `search[3]/read`, `refine@2/reflect`.
 *
 * Grammar: `segment('/'segment)*`, `segment = name | name[i] | name@n`; the index of a map item
 * or the turn of a loop sits on the map or loop, the steps live below it.
 */
const SEGMENT = '[a-z][A-Za-z0-9_]*(?:\\[\\d+\\]|@\\d+)?';
export const STEP_PATH = new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`);

/** Longest path accepted, in characters. It becomes part of a DynamoDB sort key (1,024 bytes at most). */
export const STEP_PATH_MAX_LENGTH = 400;

/** A step's name is also the Step Functions variable that holds its output. */
export const STEP_NAME = /^[a-z][A-Za-z0-9_]*$/;
