import * as v from 'valibot';
import { commandSchema } from './messages/command.ts';

/** An entry as the device keeps it. */
export const outboxEntrySchema = v.object({
  command: commandSchema,
  state: v.variant('state', [
    v.object({ state: v.literal('queued') }),
    v.object({ state: v.literal('failed'), code: v.string(), message: v.string() }),
  ]),
});
export type OutboxEntry = v.InferOutput<typeof outboxEntrySchema>;

/** Whether a value is an entry. */
export function isOutboxEntry(value: unknown): value is OutboxEntry {
  return v.is(outboxEntrySchema, value);
}
