import { FrameReader, WeftError } from '@weft/protocol';
import * as encoding from 'lib0/encoding';

/** What tabs of one device say to each other. All of them share the device's store. */
export type TabMessage =
  /**
   * Changes to a document. With a `record`, they are on the device, under that number; without, its author could not
   * keep them. `changes`: how many of them the server is not known to have.
   */
  | {
      readonly type: 'work';
      readonly address: string;
      readonly bytes: Uint8Array;
      readonly changes: number;
      readonly record: number | undefined;
    }
  /** The server has what these records hold. */
  | { readonly type: 'stored'; readonly address: string; readonly records: readonly number[] }
  /** Work that other tabs show was taken out of a document, or made again under another id. */
  | { readonly type: 'rebuilt'; readonly address: string }
  /** Who is in a document. */
  | { readonly type: 'awareness'; readonly address: string; readonly update: Uint8Array }
  /** A tab has opened a document: whoever is in it, or holds changes that the device could not keep, says so. */
  | { readonly type: 'opened'; readonly address: string }
  /** A document was removed from the device: a tab that shows it puts it there again. */
  | { readonly type: 'evicted'; readonly address: string }
  /** The device's outbox has changed. */
  | { readonly type: 'outbox' }
  /** What could not be kept has changed. */
  | { readonly type: 'refusals' };

/** Raised by each change of the messages: tabs of two builds of an app may be open at once, and leave each other be. */
const VERSION = 2;

const TYPES = [
  'work',
  'stored',
  'rebuilt',
  'awareness',
  'opened',
  'outbox',
  'refusals',
  'evicted',
] as const satisfies readonly TabMessage['type'][];

export function encodeTabMessage(message: TabMessage): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, VERSION);
  encoding.writeVarUint(encoder, TYPES.indexOf(message.type));
  if ('address' in message) encoding.writeVarString(encoder, message.address);
  switch (message.type) {
    case 'work':
      encoding.writeVarUint8Array(encoder, message.bytes);
      encoding.writeVarUint(encoder, message.changes);
      // Numbers of records begin with 1.
      encoding.writeVarUint(encoder, message.record ?? 0);
      break;
    case 'stored':
      encoding.writeVarUint(encoder, message.records.length);
      for (const record of message.records) encoding.writeVarUint(encoder, record);
      break;
    case 'awareness':
      encoding.writeVarUint8Array(encoder, message.update);
      break;
    case 'rebuilt':
    case 'opened':
    case 'evicted':
    case 'outbox':
    case 'refusals':
      break;
    default: {
      const unreachable: never = message;
      return unreachable;
    }
  }
  return encoding.toUint8Array(encoder);
}

/** @returns nothing for what another build says, or cannot be read */
export function decodeTabMessage(data: unknown): TabMessage | undefined {
  if (!(data instanceof Uint8Array)) return undefined;
  try {
    return read(new FrameReader(data));
  } catch (error) {
    if (error instanceof WeftError) return undefined;
    throw error;
  }
}

function read(reader: FrameReader): TabMessage | undefined {
  if (reader.uint() !== VERSION) return undefined;
  const type = TYPES[reader.uint()];
  switch (type) {
    case 'work': {
      const address = reader.string();
      const bytes = reader.bytes();
      const changes = reader.uint();
      const record = reader.uint();
      return { type, address, bytes, changes, record: record === 0 ? undefined : record };
    }
    case 'stored': {
      const address = reader.string();
      const records: number[] = [];
      for (let left = reader.uint(); left > 0; left -= 1) records.push(reader.uint());
      return { type, address, records };
    }
    case 'awareness':
      return { type, address: reader.string(), update: reader.bytes() };
    case 'rebuilt':
    case 'opened':
    case 'evicted':
      return { type, address: reader.string() };
    case 'outbox':
    case 'refusals':
      return { type };
    case undefined:
      return undefined;
    default: {
      const unreachable: never = type;
      return unreachable;
    }
  }
}
