import { type ErrorCode, errorDefinition, isErrorCode } from './errors.ts';
import type { Command } from './messages/command.ts';
import type { Ack } from './messages/ack.ts';
import type { OutboxEntry } from './outbox-entry.ts';

/**
 * The outbox as functions over a list. An entry stays until the server's ack or the message itself is seen, or
 * until it failed for good and the person dismissed it: never both acked and failed (law C7).
 */

export type Outbox = readonly OutboxEntry[];

/** Adds a command at the end of the queue. */
export function enqueue(outbox: Outbox, command: Command): Outbox {
  return [...outbox, { command, state: { state: 'queued' } }];
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
  // It is so already: there is nothing to try again, and nothing to tell.
  if (code === 'membership-unchanged') return seen(outbox, [ack.id]);
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
