import {
  FILE_HASH,
  ID_PATTERN,
  PROTOCOL_VERSION,
  QUERY_MAX,
  bodySchema,
  positiveSchema,
  revisionsSchema,
  timingsSchema,
} from '@weft/protocol';
import * as v from 'valibot';
import { guestRequestSchema } from '../auth/guests.ts';
import { postSchema } from '../http/conversations.ts';
import type { ROUTES } from '../http/routes.ts';
import { changeSchema, inviteSchema, memberSchema, revocationSchema } from '../http/sharing.ts';
import {
  acceptedAnswer,
  conversationMembersAnswer,
  emptyAnswer,
  errorAnswer,
  fileAnswer,
  guestAnswer,
  healthAnswer,
  invitedAnswer,
  invitesAnswer,
  membersAnswer,
  messageAnswer,
  messagesAnswer,
  postedAnswer,
  readyAnswer,
  receiptsAnswer,
  searchAnswer,
  unreadAnswer,
} from './answers.ts';
import { jsonSchemaOf } from './json-schema.ts';

type Schema = Parameters<typeof jsonSchemaOf>[0];

/** A part of a query that is no number, or that must be there. */
interface Parameter {
  readonly description: string;
  readonly required?: true;
  readonly schema: unknown;
}

/** What stands behind a route. */
interface Operation {
  readonly summary: string;
  /** Whose token it takes: a person's, the scraper's, or nobody's. */
  readonly token: 'person' | 'scraper' | 'none';
  readonly query?: Readonly<Record<string, string | Parameter>>;
  /** `bytes`: of any media type. */
  readonly body?: Schema | 'bytes';
  /** What 200 answers; the media type alone where it is no JSON of ours. */
  readonly answer: Schema | 'text/plain' | 'application/json' | 'application/octet-stream';
}

type KeyOf<R> = R extends {
  readonly method: infer M extends string;
  readonly path: infer P extends string;
}
  ? `${M} ${P}`
  : never;
type RouteKey = KeyOf<(typeof ROUTES)[number]>;

/** A message as a caller writes it. Its door takes more, and refuses it with a code of its own. */
const messagePost = v.object({
  ...postSchema.entries,
  body: v.optional(bodySchema),
  reply: v.optional(positiveSchema),
});

/** A route that is new does not compile until it is described here. */
const OPERATIONS: Readonly<Record<RouteKey, Operation>> = {
  'GET /healthz': { summary: 'The process answers.', token: 'none', answer: healthAnswer },
  'GET /readyz': {
    summary: 'It takes work; 503 with a reason while it drains, or the last commit failed.',
    token: 'none',
    answer: readyAnswer,
  },
  'GET /metrics': {
    summary: 'Numbers for Prometheus; from this machine alone where no token is set.',
    token: 'scraper',
    answer: 'text/plain',
  },
  'GET /openapi.json': { summary: 'This.', token: 'none', answer: 'application/json' },
  'GET /asyncapi.json': {
    summary: 'The contract of the socket.',
    token: 'none',
    answer: 'application/json',
  },
  'POST /auth/guest': {
    summary: 'Signs in by name; a secret of an earlier visit keeps the person.',
    token: 'none',
    body: guestRequestSchema,
    answer: guestAnswer,
  },
  'POST /api/conversations/{conversation}/messages': {
    summary: 'Sends a message; the same id again is the same message.',
    token: 'person',
    body: messagePost,
    answer: postedAnswer,
  },
  'GET /api/conversations/{conversation}/messages': {
    summary: 'Messages as they are now, in sequence.',
    token: 'person',
    query: { after: 'The last sequence that is not wanted; 0.', limit: 'At most so many; 100.' },
    answer: messagesAnswer,
  },
  'GET /api/conversations/{conversation}/messages/{sequence}': {
    summary: 'One message, how far it got, and its trace.',
    token: 'person',
    answer: messageAnswer,
  },
  'GET /api/conversations/{conversation}/messages/{sequence}/revisions': {
    summary: 'The texts that a message had, the oldest first; none of one that was deleted.',
    token: 'person',
    answer: revisionsSchema,
  },
  'GET /api/conversations/{conversation}/receipts': {
    summary: 'How far each member is.',
    token: 'person',
    answer: receiptsAnswer,
  },
  'GET /api/conversations/{conversation}/unread': {
    summary: 'What the caller has not read, and why each counts.',
    token: 'person',
    answer: unreadAnswer,
  },
  'GET /api/conversations/{conversation}/members': {
    summary: 'Who is in a channel or a direct conversation.',
    token: 'person',
    answer: conversationMembersAnswer,
  },
  'GET /api/conversations/{conversation}/timings': {
    summary: 'How long messages took here since the process began.',
    token: 'person',
    answer: timingsSchema,
  },
  'GET /api/search': {
    summary: 'Messages with these words, the newest first, wherever the caller may read.',
    token: 'person',
    query: {
      q: {
        description: 'Words; each begins one of the message’s. Case and accents do not count.',
        required: true,
        schema: { type: 'string', minLength: 1, maxLength: QUERY_MAX },
      },
      conversation: {
        description: 'Only in this one.',
        schema: { type: 'string', pattern: ID_PATTERN.source },
      },
      before: '`next` of the page before.',
      limit: 'At most so many; 50, and never more than 100.',
    },
    answer: searchAnswer,
  },
  'PUT /files/{hash}': {
    summary:
      'Brings the bytes of a file, which a message may name then; the hash is their SHA-256.',
    token: 'person',
    query: {
      conversation: {
        description: 'Where the caller wants to name it, and may write.',
        required: true,
        schema: { type: 'string', pattern: ID_PATTERN.source },
      },
    },
    body: 'bytes',
    answer: fileAnswer,
  },
  'GET /files/{hash}': {
    summary: 'The bytes of a file, for who may read a message that names it; images as such.',
    token: 'person',
    answer: 'application/octet-stream',
  },
  'GET /api/rights/{kind}/{id}/members': {
    summary: 'One’s own role, and whom the resource names.',
    token: 'person',
    answer: membersAnswer,
  },
  'PUT /api/rights/{kind}/{id}/members/{person}': {
    summary: 'Gives a role, or `none`: nothing here, whatever the workspace says.',
    token: 'person',
    body: memberSchema,
    answer: emptyAnswer,
  },
  'DELETE /api/rights/{kind}/{id}/members/{person}': {
    summary: 'Names somebody no more: the workspace decides.',
    token: 'person',
    answer: emptyAnswer,
  },
  'POST /api/rights/{kind}/{id}/invites': {
    summary: 'Makes an invite; its secret is told this once.',
    token: 'person',
    body: inviteSchema,
    answer: invitedAnswer,
  },
  'GET /api/rights/{kind}/{id}/invites': {
    summary: 'Invites, without their secrets.',
    token: 'person',
    answer: invitesAnswer,
  },
  'DELETE /api/rights/{kind}/{id}/invites/{invite}': {
    summary: 'Takes an invite back.',
    token: 'person',
    answer: emptyAnswer,
  },
  'POST /api/invites/{secret}': {
    summary: 'Becomes a member; no role falls by it.',
    token: 'person',
    answer: acceptedAnswer,
  },
  'POST /api/revocations': {
    summary: 'Takes sign-ins back. For tokens that own everything.',
    token: 'person',
    body: revocationSchema,
    answer: emptyAnswer,
  },
  'POST /api/changes': {
    summary: 'The application’s rights have changed. For tokens that own everything.',
    token: 'person',
    body: changeSchema,
    answer: emptyAnswer,
  },
};

const PARAMETERS: Readonly<Record<string, unknown>> = {
  conversation: { type: 'string', pattern: ID_PATTERN.source },
  id: { type: 'string', pattern: ID_PATTERN.source },
  person: { type: 'string', pattern: ID_PATTERN.source },
  sequence: { type: 'integer', minimum: 1 },
  hash: { type: 'string', pattern: FILE_HASH.source },
  kind: { type: 'string', enum: ['workspace', 'document', 'conversation'] },
};

/** The contract of HTTP: OpenAPI 3.1, from the schemas that requests are read by. */
export function openApi(): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [key, described] of Object.entries(OPERATIONS)) {
    const [method = '', path = ''] = key.split(' ');
    (paths[path] ??= {})[method.toLowerCase()] = operation(path, described);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Weft: HTTP', version: String(PROTOCOL_VERSION) },
    paths,
    components: {
      schemas: { Error: jsonSchemaOf(errorAnswer, 'draft-2020-12') },
      securitySchemes: {
        person: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        scraper: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function operation(path: string, { summary, token, query = {}, body, answer }: Operation) {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: PARAMETERS[name] ?? { type: 'string' },
  }));
  const asked = Object.entries(query).map(([name, said]) => ({
    name,
    in: 'query',
    ...(typeof said === 'string'
      ? { description: said, schema: { type: 'integer', minimum: 0 } }
      : said),
  }));
  const content =
    answer === 'text/plain' || answer === 'application/octet-stream'
      ? { [answer]: { schema: { type: 'string' } } }
      : json(answer === 'application/json' ? { type: 'object' } : convert(answer));
  return {
    summary,
    ...(token === 'none' ? {} : { security: [{ [token]: [] }] }),
    ...(named.length + asked.length === 0 ? {} : { parameters: [...named, ...asked] }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: body === 'bytes' ? { '*/*': {} } : json(convert(body)),
          },
        }),
    responses: {
      200: { description: 'Done.', content },
      default: {
        description: 'A code of the error table.',
        content: json({ $ref: '#/components/schemas/Error' }),
      },
    },
  };
}

function convert(schema: Schema) {
  return jsonSchemaOf(schema, 'draft-2020-12');
}

function json(schema: unknown) {
  return { 'application/json': { schema } };
}
