import { type ConversationEvent, streamName } from '@weft/protocol';
import { ADOPTED, type BlobStore } from '@weft/storage';
import { type ReadableLog } from '../engine/load.ts';
import { checkDocument, checkSegment } from './document.ts';
import { checkEvents } from './events.ts';
import { type NamedFiles, checkFiles, collectNamed } from './files.ts';
import { checkMembers } from './members.ts';
import { checkTexts } from './texts.ts';
import { type StreamKind, kindOf } from './streams.ts';

/** What was looked at, and what is wrong with it. */
export interface ContentsReport {
  /** Streams of each kind. */
  readonly kinds: Readonly<Record<StreamKind, number>>;
  readonly messages: number;
  /** Documents that somebody brought something back to who is not known to have written it: name → records. */
  readonly adopted: Readonly<Record<string, number>>;
  /** Files that messages name: how many, and what is wrong with them, one line each. */
  readonly files: { readonly named: number; readonly problems: readonly string[] };
  /** One line each; empty when nothing else is wrong. */
  readonly problems: readonly string[];
}

/**
 * Reads everything that a database holds as a server would: every document loads whole, every conversation is dense,
 * and its segments say what its events say (laws D3, D4, C1, C2). A stream at a time is in memory.
 * @param streams the names of all streams
 * @param texts of a conversation's messages that a search finds: the number of the event that it finds them by
 * @param blobs the files beside the database; without them none of theirs is there
 */
export async function checkContents(
  log: ReadableLog,
  streams: readonly string[],
  texts?: (stream: string) => ReadonlyMap<number, number>,
  blobs?: Pick<BlobStore, 'read'>,
): Promise<ContentsReport> {
  const kinds = {
    document: 0,
    workspace: 0,
    conversation: 0,
    segment: 0,
    members: 0,
    person: 0,
    file: 0,
    other: 0,
  };
  const adopted: Record<string, number> = {};
  const problems: string[] = [];
  let messages = 0;
  const known = new Set(streams);
  const due: NamedFiles = new Map();
  const fileStreams: { readonly tenant: string; readonly id: string }[] = [];
  for (const name of streams) {
    const found = kindOf(name);
    kinds[found.kind] += 1;
    switch (found.kind) {
      case 'document':
      case 'workspace': {
        problems.push(...(await checkDocument(log, name)));
        const count = await countAdopted(log, name);
        if (count > 0) adopted[name] = count;
        break;
      }
      case 'conversation': {
        const { events, problems: wrong } = await checkEvents(log, name);
        messages += events.filter(({ type }) => type === 'message').length;
        problems.push(...wrong);
        for (const [segment, expected] of bySegment(events)) {
          const stream = streamName(found.tenant, { kind: 'conversation', id: found.id, segment });
          problems.push(...(await checkSegment(log, stream, expected)));
        }
        problems.push(...(await checkMembers(log, found.tenant, found.id, events)));
        if (texts !== undefined) problems.push(...checkTexts(name, events, texts(name)));
        collectNamed(due, found.tenant, found.id, events);
        break;
      }
      case 'members':
      case 'segment':
        // Looked at with its conversation, which must be there.
        if (!known.has(streamName(found.tenant, { kind: 'conversation', id: found.id }))) {
          problems.push(`${name}: its conversation has no events`);
        }
        break;
      // Looked at when all conversations are known.
      case 'file':
        fileStreams.push(found);
        break;
      // Written in the append of what it tells of.
      case 'person':
      case 'other':
        break;
      default: {
        const unreachable: never = found;
        return unreachable;
      }
    }
  }
  const files = await checkFiles(log, fileStreams, due, blobs);
  problems.push(...files.records);
  return {
    kinds,
    messages,
    adopted,
    files: { named: files.named, problems: files.bytes },
    problems,
  };
}

async function countAdopted(log: ReadableLog, stream: string): Promise<number> {
  let count = 0;
  for (let number = 0; ;) {
    const records = await log.read(stream, number, 1_000);
    count += records.filter(({ kind }) => kind === ADOPTED).length;
    const last = records.at(-1);
    if (last === undefined) return count;
    number = last.number;
  }
}

function bySegment(events: readonly ConversationEvent[]): Map<number, ConversationEvent[]> {
  const segments = new Map<number, ConversationEvent[]>();
  for (const event of events) {
    const found = segments.get(event.segment);
    if (found === undefined) segments.set(event.segment, [event]);
    else found.push(event);
  }
  return segments;
}
