import * as z from 'zod/mini';

/** The value of a JSON text that fits the schema; `null` for anything else. */
export function parseJson<S extends z.ZodMiniType>(schema: S, text: string): z.infer<S> | null {
  try {
    const parsed = z.safeParse(schema, JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
