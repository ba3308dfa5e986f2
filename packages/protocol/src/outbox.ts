import * as z from 'zod/mini';
import { type ErrorCode, errorDefinition, isErrorCode } from './errors.ts';
import { commandSchema, type Command } from './messages/command.ts';
import type { Ack } from './messages/ack.ts';

/**
 * The outbox as functions over a list. An entry stays until the server's ack or the message itself is seen, or
 * until it failed for good and the person dismissed it: never both acked and failed (law C7).
 */

/** An entry as the device keeps it. */
export const outboxEntrySchema = z.object({
  command: commandSchema,
  state: z.discriminatedUnion('state', [
    z.object({ state: z.literal('queued') }),
    z.object({ state: z.literal('failed'), code: z.string(), message: z.string() }),
  ]),
});
export type OutboxEntry = z.infer<typeof outboxEntrySchema>;

export type Outbox = readonly OutboxEntry[];

/** Adds a command at the end of the queue. */
export function enqueue(outbox: Outbox, command: Command): Outbox {
  return [...outbox, { command, state: { state: 'queued' } }];
}

/** The counter that the device's next command in a conversation takes: dense from 1. */
export function nextCounter(highest: number | undefined): number {
  return (highest ?? 0) + 1;
}

/** What waits to be sent, in order, oldest first. */
export function sendable(outbox: Outbox): readonly Command[] {
  return outbox.filter((entry) => entry.state.state === 'queued').map((entry) => entry.command);
}

/** What an ack does to an entry: gone when stored, kept as failed when refused for good, still queued otherwise. */
export function acknowledge(outbox: Outbox, ack: Ack): Outbox {
  const { result } = ack;
  if (result.outcome === 'stored') return seen(outbox, [ack.id]);
  const code: ErrorCode = isErrorCode(result.code) ? result.code : 'internal';
  if (errorDefinition(code).retry === 'later') return outbox;
  return outbox.map((entry) =>
    entry.command.id === ack.id
      ? { ...entry, state: { state: 'failed', code, message: result.message } }
      : entry,
  );
}

/** Removes entries whose messages are on the device already: the ack may be lost, the effect is not. */
export function seen(outbox: Outbox, ids: Iterable<string>): Outbox {
  const gone = new Set(ids);
  const rest = outbox.filter((entry) => !gone.has(entry.command.id));
  return rest.length === outbox.length ? outbox : rest;
}

/** Removes a failed entry that the person dismissed; queued ones stay, since the server may have them already. */
export function dismiss(outbox: Outbox, id: string): Outbox {
  return outbox.filter((entry) => entry.command.id !== id || entry.state.state !== 'failed');
}
