import * as encoding from 'lib0/encoding';
import { digest } from 'lib0/hash/sha256';
import { toHexString } from 'lib0/buffer';
import * as Y from 'yjs';
import { canonicalJson } from './canonical-json.ts';

/**
 * One hash for what a document holds (law D1). Equal state vectors do not prove equal content: deletes do not
 * advance them. The hash walks live structs in document order and does not depend on how root types were asked
 * for (an untyped root of a server gives `{}` from `toJSON`), nor on redundant formatting marks, nor on how
 * strings are split into structs.
 * @returns 64 hexadecimal digits (SHA-256)
 */
export function contentHash(doc: Y.Doc): string {
  const steps = contentHashSteps(doc);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/**
 * `contentHash`, with a pause after every few thousand items: whoever draws and types must not wait for a long document
 * to be read. A document that changes before the end has to be read anew.
 */
export function* contentHashSteps(doc: Y.Doc): Generator<undefined, string> {
  const writer: Writer = { encoder: encoding.createEncoder(), items: 0 };
  for (const name of [...doc.share.keys()].toSorted()) {
    const root = doc.share.get(name);
    if (root === undefined || !hasContent(root)) continue;
    encoding.writeVarString(writer.encoder, name);
    yield* writeType(writer, root);
  }
  yield;
  return toHexString(digest(encoding.toUint8Array(writer.encoder)));
}

/** Items read between two pauses: about a millisecond. */
const STEP_ITEMS = 4_096;

interface Writer {
  readonly encoder: encoding.Encoder;
  /** Items read since the last pause. */
  items: number;
}

/** Every field starts with one of these or with a length, so that no two contents are written alike. */
const Tag = {
  Sequence: 1,
  Entry: 2,
  End: 3,
  Text: 4,
  Value: 5,
  Embed: 6,
  Type: 7,
  Binary: 8,
  Subdocument: 9,
  Formatted: 10,
} as const;

/** What all shared types have: a list of items, and items by key. */
interface AnyType {
  readonly _start: Y.Item | null;
  readonly _map: ReadonlyMap<string, Y.Item>;
}

function hasContent(type: AnyType): boolean {
  for (let item = type._start; item !== null; item = item.right) {
    if (!item.deleted && item.countable) return true;
  }
  for (const item of type._map.values()) if (!item.deleted) return true;
  return false;
}

function* writeType(writer: Writer, type: AnyType): Generator<undefined, void> {
  const { encoder } = writer;
  encoding.writeUint8(encoder, Tag.Sequence);
  yield* writeSequence(writer, type);
  for (const key of [...type._map.keys()].toSorted()) {
    const item = type._map.get(key);
    if (item === undefined || item.deleted) continue;
    encoding.writeUint8(encoder, Tag.Entry);
    encoding.writeVarString(encoder, key);
    yield* writeContent(writer, item.content);
  }
  encoding.writeUint8(encoder, Tag.End);
}

/** Text is written as runs of equal formatting, however many structs and marks make them up. */
function* writeSequence(writer: Writer, type: AnyType): Generator<undefined, void> {
  const { encoder } = writer;
  const attributes = new Map<string, unknown>();
  let format = '[]';
  let run = '';
  let runFormat = format;
  const flush = () => {
    if (run === '') return;
    encoding.writeUint8(encoder, Tag.Text);
    encoding.writeVarString(encoder, runFormat);
    encoding.writeVarString(encoder, run);
    run = '';
  };
  for (let item = type._start; item !== null; item = item.right) {
    writer.items += 1;
    if (writer.items >= STEP_ITEMS) {
      writer.items = 0;
      yield;
    }
    if (item.deleted) continue;
    const { content } = item;
    if (content instanceof Y.ContentFormat) {
      const value = throughJson(content.value);
      if (value === null) attributes.delete(content.key);
      else attributes.set(content.key, value);
      format = canonicalJson([...attributes].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    } else if (content instanceof Y.ContentString) {
      if (format !== runFormat) flush();
      runFormat = format;
      run += content.str;
    } else {
      flush();
      for (const part of partsOf(content)) {
        encoding.writeUint8(encoder, Tag.Formatted);
        encoding.writeVarString(encoder, format);
        yield* writeContent(writer, part);
      }
    }
  }
  flush();
}

/** Neighbouring values lie in one struct or in several, as they happened to be merged: each is written alone. */
function partsOf(content: unknown): readonly unknown[] {
  return content instanceof Y.ContentAny || content instanceof Y.ContentJSON
    ? content.arr.map((value: unknown) => new Y.ContentAny([value]))
    : [content];
}

function* writeContent(writer: Writer, content: unknown): Generator<undefined, void> {
  const { encoder } = writer;
  if (content instanceof Y.ContentAny || content instanceof Y.ContentJSON) {
    for (const value of content.arr) {
      encoding.writeUint8(encoder, Tag.Value);
      writeValue(encoder, value);
    }
  } else if (content instanceof Y.ContentString) {
    encoding.writeUint8(encoder, Tag.Text);
    encoding.writeVarString(encoder, content.str);
  } else if (content instanceof Y.ContentEmbed) {
    encoding.writeUint8(encoder, Tag.Embed);
    encoding.writeVarString(encoder, canonicalJson(throughJson(content.embed)));
  } else if (content instanceof Y.ContentType) {
    encoding.writeUint8(encoder, Tag.Type);
    encoding.writeVarString(encoder, typeName(content.type));
    yield* writeType(writer, content.type);
  } else if (content instanceof Y.ContentBinary) {
    encoding.writeUint8(encoder, Tag.Binary);
    encoding.writeVarUint8Array(encoder, content.content);
  } else if (content instanceof Y.ContentDoc) {
    encoding.writeUint8(encoder, Tag.Subdocument);
    encoding.writeVarString(encoder, content.doc.guid);
  }
}

/** `undefined`, bytes and big integers have no JSON: each gets a form of its own, so that none reads as `null`. */
function writeValue(encoder: encoding.Encoder, value: unknown): void {
  if (value instanceof Uint8Array) {
    encoding.writeUint8(encoder, Tag.Binary);
    encoding.writeVarUint8Array(encoder, value);
  } else {
    encoding.writeVarString(encoder, canonicalJson(value));
  }
}

/** The kind of a nested type, by what it stores and not by the name of a class that a bundler may change. */
function typeName(type: unknown): string {
  if (type instanceof Y.XmlElement) return `element:${type.nodeName}`;
  if (type instanceof Y.XmlFragment) return 'fragment';
  if (type instanceof Y.XmlHook) return `hook:${type.hookName}`;
  if (type instanceof Y.XmlText) return 'xml-text';
  if (type instanceof Y.Text) return 'text';
  if (type instanceof Y.Map) return 'map';
  if (type instanceof Y.Array) return 'array';
  return 'unknown';
}

/**
 * What formats and embeds become on the wire, where Yjs writes them as JSON: their author's replica still holds what
 * JSON leaves out.
 */
function throughJson(value: unknown): unknown {
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}
