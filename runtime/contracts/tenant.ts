/** A tenant's name. It is part of keys and of S3 prefixes. */
export const TENANT = /^[a-z0-9-]{1,40}$/;

/** The tenant of a deployment without authentication. */
export const DEFAULT_TENANT = 'default';
