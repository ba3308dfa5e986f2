import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import type { BaseIssue, BaseSchema } from 'valibot';

/** A schema of the wire or of HTTP as JSON Schema, for documents that name the dialect themselves. */
export function jsonSchemaOf(
  schema: BaseSchema<unknown, unknown, BaseIssue<unknown>>,
  target: 'draft-07' | 'draft-2020-12',
): JsonSchema {
  const { $schema: _, ...rest } = toJsonSchema(schema, {
    target,
    // What is cut off by it is let through by the door, and promised by nobody.
    ignoreActions: ['trim'],
    overrideAction: ({ valibotAction, jsonSchema }) => {
      // JSON Schema reads every pattern as Unicode's: the flag says nothing more.
      if (!('requirement' in valibotAction)) return undefined;
      const { requirement } = valibotAction;
      return requirement instanceof RegExp && requirement.flags === 'u'
        ? { ...jsonSchema, pattern: requirement.source }
        : undefined;
    },
  });
  return rest;
}
