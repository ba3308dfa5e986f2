import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import { expect, it } from 'vitest';
import {
  AuthType,
  MessageType,
  PROTOCOL_VERSION,
  type SessionFrame,
  SyncType,
  commandSchema,
  downSchema,
  encodeDataHead,
  encodeSessionFrame,
  encodeSyncStep1,
  encodeWeft,
  encodeWrite,
  upSchema,
} from '../src/index.ts';

/** One frame of each kind that has a layout of its own, as bytes. */
const sessionFrames: Readonly<
  Record<Exclude<SessionFrame['type'], 'data'>, Exclude<SessionFrame, { type: 'data' }>>
> = {
  open: { type: 'open' },
  resume: { type: 'resume', secret: 's', received: 300, token: 't' },
  opened: { type: 'opened', secret: 's' },
  resumed: { type: 'resumed', secret: 's', received: 300 },
  refused: { type: 'refused', code: 'c' },
  ack: { type: 'ack', received: 300 },
  ping: { type: 'ping', received: 300 },
  pong: { type: 'pong', received: 300 },
};

/** Everything that both sides of the wire must agree on: schemas of our own messages, kinds, layouts of frames. */
function wire(): unknown {
  const schemaOf = (schema: Parameters<typeof toJsonSchema>[0]) =>
    toJsonSchema(schema, {
      // A pattern's flags have no place in JSON Schema, and a change of them is a change all the same.
      overrideAction: ({ valibotAction, jsonSchema }) =>
        'requirement' in valibotAction && valibotAction.requirement instanceof RegExp
          ? { ...jsonSchema, pattern: String(valibotAction.requirement) }
          : undefined,
    });
  const part = { channel: 3, last: true };
  const update = new Uint8Array([1, 2, 3]);
  const frames = {
    ...Object.fromEntries(
      Object.entries(sessionFrames).map(([type, frame]) => [type, encodeSessionFrame(frame)]),
    ),
    message: encodeDataHead({ channel: 0, last: true }, 300, 7),
    part: encodeDataHead({ ...part, last: false }, 300, 7),
    lastPart: encodeDataHead(part, 300, 7),
    own: encodeWeft({ type: 'stored', document: 'document/a', n: 1 }),
    step1: encodeSyncStep1('document/a', update),
    write: encodeWrite('document/a', SyncType.Update, update, 300, `00-${'1'.repeat(52)}-01`),
  };
  return {
    kinds: { MessageType, SyncType, AuthType },
    up: upSchema.options.map(schemaOf),
    down: downSchema.options.map(schemaOf),
    command: schemaOf(commandSchema),
    frames: Object.entries(frames).map(([name, bytes]) => [
      name,
      Buffer.from(bytes).toString('hex'),
    ]),
  };
}

it('the wire is that of its version: a change of it raises the version, and is a line of its history', () => {
  const spec = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8');
  const versions = spec.slice(spec.indexOf('\n## Versions'));
  const [, version, words, hash] =
    [...versions.matchAll(/^- (\d+): ([^]*?)(?: Wire `([0-9a-f]+)`\.)?$/gm)].at(-1) ?? [];
  const now = createHash('sha256').update(JSON.stringify(wire())).digest('hex').slice(0, 16);
  const advice = `The wire is ${now}. Where it changed: raise PROTOCOL_VERSION in src/limits.ts and the version at the head of SPEC.md, and end a new line of its "Versions" (what changed, in a few words) with: Wire \`${now}\`.`;
  const told = { version: Number(version), hash };
  expect({ ...told, advice }).toEqual({ version: PROTOCOL_VERSION, hash: now, advice });
  expect(words?.length).toBeGreaterThan(3);
  expect(spec).toContain(`\nVersion ${PROTOCOL_VERSION}. `);
});
