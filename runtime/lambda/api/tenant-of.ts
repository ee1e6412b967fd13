import type { APIGatewayProxyEvent } from 'aws-lambda';
import { DEFAULT_TENANT } from '../../contracts/tenant.ts';

/**
 * The tenant that a request speaks for. Principals are not mapped to tenants yet, so every caller
 * that the gateway lets in speaks for the same one; a header must never choose.
 */
export const tenantOf = (_event: APIGatewayProxyEvent): string => DEFAULT_TENANT;
