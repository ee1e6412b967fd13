/** Clock time of an ISO instant, in UTC, to the millisecond: `13:04:05.678`. */
export const clockTime = (iso: string): string => iso.slice(11, 23);

/** Date and time of an ISO instant, in UTC: `2026-11-24 13:04:05`. */
export const dateTime = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
