import type { APIGatewayProxyEvent } from 'aws-lambda';

/** Outside of what a header may hold. */
const NOT_PRINTABLE = /[^\x20-\x7e]/g;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The event in a form that the router takes, whatever the caller sent: the router builds a `Request`
 * of it, which throws on such things as a GET with a body, a strange header or a strange host.
 * What no check of ours would accept stays so: an impossible character becomes another impossible one.
 */
export const routable = (event: APIGatewayProxyEvent): APIGatewayProxyEvent => ({
  ...event,
  httpMethod: event.httpMethod.toUpperCase(),
  path: event.path.replace(/^[/\\]*/, '/'),
  body: event.httpMethod.toUpperCase() === 'POST' ? event.body : null,
  headers: Object.fromEntries(
    Object.entries(event.headers ?? {})
      .filter(([name]) => TOKEN.test(name) && !/^(host|x-forwarded-proto)$/i.test(name))
      .map(([name, value]) => [name, value?.replaceAll(NOT_PRINTABLE, '\u00ff')]),
  ),
  multiValueHeaders: {},
  requestContext: { ...event.requestContext, domainName: 'api' },
});
