/** What Lambda carries back to the gateway: an answer that is larger would be one without a word, 502. */
import type { APIGatewayProxyResult } from 'aws-lambda';
import { RequestRefusedError } from './problem.ts';

/** Of the whole result, in which the body's JSON is a text: every quote in it takes another byte. */
const RESULT_MAX_BYTES = 6 * 1024 * 1024;

/** More than a unit of a text can take on its way, headers and all: a smaller body needs no weighing. */
const BYTES_PER_UNIT = 4;

/** The refusal of an answer that cannot be carried; `null` for one that can. */
export function tooLarge(result: APIGatewayProxyResult): RequestRefusedError | null {
  if (result.body.length * BYTES_PER_UNIT <= RESULT_MAX_BYTES) return null;
  const bytes = Buffer.byteLength(JSON.stringify(result));
  if (bytes <= RESULT_MAX_BYTES) return null;
  return new RequestRefusedError(
    'answer-too-large',
    `The answer has ${bytes} bytes; allowed: ${RESULT_MAX_BYTES}, which is what Lambda carries. What a POST asks for is done all the same. Read the run in pages with GET /runs/{id}/events.`,
  );
}
