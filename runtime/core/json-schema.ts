import { toJSONSchema } from 'zod/v4/core';
import type { Schema } from '../contracts/agent.ts';

/** The JSON Schema of what has to be given so that `schema` takes it. Large: only what asks a model loads it. */
export const jsonSchemaOf = (schema: Schema): Readonly<Record<string, unknown>> =>
  toJSONSchema(schema, { io: 'input' });
