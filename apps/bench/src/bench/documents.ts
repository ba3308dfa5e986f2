import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as Y from 'yjs';
import { seededRandom } from '../random.ts';
import { hasAstral, trackCodePoints } from '../replay/code-points.ts';
import { type Patch, readTrace } from '../replay/trace.ts';
import { TEXT_ROOT } from './load/edits.ts';

/** What is typed where no recorded session is found: as many changes, made from a seed. */
const GENERATED_CHANGES = 260_000;
const GENERATED_SEED = 267;

/** The recorded sessions are too large for the repository. */
const RECORDED =
  process.env['WEFT_TRACES'] ??
  fileURLToPath(new URL('../../../../../shared/data', import.meta.url));

/** Client ids take three bytes, which makes 267 kB of the automerge paper; drawn ones mostly take five, and 311 kB. */
const FIRST_CLIENT = 0x10_0000;

/** A long session of one author. */
export interface Session {
  /** For people: which session it is. */
  readonly name: string;
  readonly changes: readonly (readonly Patch[])[];
  readonly mayHoldAstral: boolean;
}

/** The automerge paper where it is found, and else a session made up. @param changes at most so many */
export async function longSession(changes = Number.POSITIVE_INFINITY): Promise<Session> {
  const file = join(RECORDED, 'automerge-paper.json.gz');
  if (!existsSync(file)) {
    const generated = generate(Math.min(changes, GENERATED_CHANGES), seededRandom(GENERATED_SEED));
    return { name: 'generated session', changes: generated, mayHoldAstral: false };
  }
  const { transactions } = await readTrace(file);
  const patches = transactions.slice(0, changes).map((each) => each.patches);
  const mayHoldAstral = patches.some((each) => each.some(([, , inserted]) => hasAstral(inserted)));
  return { name: 'automerge-paper', changes: patches, mayHoldAstral };
}

/** Typing in runs at changing places, with corrections. */
function generate(count: number, random: () => number): readonly (readonly Patch[])[] {
  const changes: (readonly Patch[])[] = [];
  let length = 0;
  let at = 0;
  for (let change = 0; change < count; change += 1) {
    if (random() < 0.03) at = Math.floor(random() * (length + 1));
    if (random() < 0.28 && at > 0) {
      at -= 1;
      length -= 1;
      changes.push([[at, 1, '']]);
    } else {
      changes.push([[at, 0, 'etaoinshrdlu '[Math.floor(random() * 13)] ?? 'e']]);
      at += 1;
      length += 1;
    }
  }
  return changes;
}

/** Each change of a session as an update of its own. */
export function updatesOf(session: Session): readonly Uint8Array[] {
  const doc = new Y.Doc();
  doc.clientID = FIRST_CLIENT;
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  play(session, doc, (change) => doc.transact(change));
  doc.destroy();
  return updates;
}

/** The document that a session ends with, `copies` times one after the other, each by another client. */
export function encodedDocument(session: Session, copies = 1): Uint8Array {
  const doc = new Y.Doc();
  for (let copy = 0; copy < copies; copy += 1) {
    doc.clientID = FIRST_CLIENT + copy;
    doc.transact(() => play(session, doc, (change) => change()));
  }
  const encoded = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return encoded;
}

function play(session: Session, doc: Y.Doc, transact: (change: () => void) => void): void {
  const text = doc.getText(TEXT_ROOT);
  const points = trackCodePoints(() => text.toJSON(), session.mayHoldAstral);
  for (const change of session.changes) {
    transact(() => {
      for (const [position, deleted, inserted] of change) {
        const start = points.toUtf16(position);
        const length = points.toUtf16(position + deleted) - start;
        if (length > 0) text.delete(start, length);
        if (inserted !== '') text.insert(start, inserted);
        points.patched(start, length, inserted);
      }
    });
  }
}
