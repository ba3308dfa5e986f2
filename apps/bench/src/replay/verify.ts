import { contentHash } from '@weft/protocol';
import type * as Y from 'yjs';
import { TEXT_ROOT } from './draft.ts';
import { type Participant, join } from './participant.ts';
import { countTraffic } from './traffic.ts';

/** What one replica ended with. */
export interface Outcome {
  readonly who: string;
  readonly text: string;
  readonly hash: string;
  /** Whether Yjs still holds structs or deletes back that build on something missing (law D3). */
  readonly pending: number;
}

/** Reads a replica. */
export function outcomeOf(who: string, doc: Y.Doc): Outcome {
  const { pendingStructs, pendingDs } = doc.store;
  return {
    who,
    text: doc.getText(TEXT_ROOT).toJSON(),
    hash: contentHash(doc),
    pending: (pendingStructs?.missing.size ?? 0) + (pendingDs === null ? 0 : 1),
  };
}

/** What somebody reads who comes afterwards, with an empty device. */
export async function readAfresh(options: {
  readonly who: string;
  readonly url: string;
  readonly token: string;
  readonly document: string;
}): Promise<Outcome> {
  let participant: Participant | undefined;
  try {
    participant = await join({ ...options, socket: countTraffic().socket, failed: () => {} });
    return outcomeOf(options.who, participant.handle.doc);
  } finally {
    await participant?.close();
  }
}

/** One line for each way in which replicas are not what the trace says, or not the same. Empty when all is well. */
export function differences(outcomes: readonly Outcome[], expected: string): readonly string[] {
  const lines: string[] = [];
  const [first] = outcomes;
  for (const { who, text, hash, pending } of outcomes) {
    if (text !== expected) lines.push(`${who} ends with another text: ${describe(text, expected)}`);
    if (hash !== first?.hash)
      lines.push(`${who} ends with hash ${hash}, ${first?.who} with ${first?.hash}`);
    if (pending > 0) lines.push(`${who} still waits for structs that others build on`);
  }
  return lines;
}

function describe(text: string, expected: string): string {
  let at = 0;
  while (at < text.length && text[at] === expected[at]) at += 1;
  const show = (whole: string) => JSON.stringify(whole.slice(at, at + 20));
  return `from character ${at}, ${show(text)} instead of ${show(expected)} (${text.length} and ${expected.length} long)`;
}
