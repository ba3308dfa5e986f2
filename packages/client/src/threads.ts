import {
  type FailedChange,
  type Outbox,
  THREADS_ROOT,
  type Thread,
  isThreadAction,
  threadId,
  threadSchema,
} from '@weft/protocol';
import * as v from 'valibot';
import type * as Y from 'yjs';
import type { DocumentThread } from './api.ts';

/** The comment threads that a document lists, read off the first segment of the conversation beside it. */
export class ThreadReader {
  /** By anchor. */
  readonly stored = new Map<string, Thread>();

  /** Reads a first segment, and again whatever changes in it. Returns the end of it. */
  watch(doc: Y.Doc, changed: () => void): () => void {
    const root = doc.getMap<unknown>(THREADS_ROOT);
    const read = (keys: Iterable<string>) => {
      for (const anchor of keys) {
        const thread = v.safeParse(threadSchema, root.get(anchor));
        if (thread.success) this.stored.set(anchor, thread.output);
        else this.stored.delete(anchor);
      }
    };
    const onChange = (event: { readonly keysChanged: ReadonlySet<string> }) => {
      read(event.keysChanged);
      changed();
    };
    root.observe(onChange);
    read(root.keys());
    return () => root.unobserve(onChange);
  }

  /** Whether what an event made of a thread is here. */
  has(anchor: string, event: number): boolean {
    return (this.stored.get(anchor)?.event ?? 0) >= event;
  }

  clear(): void {
    this.stored.clear();
  }
}

/**
 * The threads of a document, the newest first: those that are stored, with this device's changes as if they had happened,
 * and those that it has begun. What was refused is listed with the thread.
 * @param document its id, which the conversation beside it has too
 */
export function threadsOf(
  document: string,
  stored: ReadonlyMap<string, Thread>,
  outbox: Outbox,
  me: string,
): readonly DocumentThread[] {
  const threads = new Map<string, DocumentThread>();
  for (const [anchor, { quote, by, name, at, resolved }] of stored) {
    const conversation = threadId(document, anchor);
    if (conversation === undefined) continue;
    const thread = { anchor, conversation, quote, by, name, at, state: 'stored' } as const;
    threads.set(anchor, resolved === undefined ? thread : { ...thread, resolved });
  }
  for (const entry of outbox) {
    const { id, action, at } = entry.command;
    if (!isThreadAction(action)) continue;
    const { anchor, type } = action;
    const conversation = threadId(document, anchor);
    const known = threads.get(anchor);
    if (conversation === undefined) continue;
    if (entry.state.state === 'failed') {
      const { code, message } = entry.state;
      const failed: FailedChange = { id, action: type, code, reason: message };
      if (type === 'thread') {
        const { quote } = action;
        const made = { anchor, conversation, quote, by: me, name: '', at };
        threads.set(anchor, { ...made, state: 'failed', failed: [failed] });
      } else if (known !== undefined) {
        threads.set(anchor, { ...known, failed: [...(known.failed ?? []), failed] });
      }
    } else if (type === 'thread') {
      if (known !== undefined) continue;
      const { quote } = action;
      threads.set(anchor, { anchor, conversation, quote, by: me, name: '', at, state: 'queued' });
    } else if (known !== undefined) {
      const { resolved: _, ...open } = known;
      const resolved = known.resolved ?? { by: me, name: '', at };
      threads.set(anchor, type === 'resolve' ? { ...open, resolved } : open);
    }
  }
  // Anchors rise with the time on the device that made them; the server's clock is one for all.
  return [...threads.values()].toSorted((a, b) => b.at - a.at || (a.anchor < b.anchor ? 1 : -1));
}
