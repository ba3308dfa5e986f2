import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { openMemoryStore } from '@weft/storage/memory';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { asyncApi } from '../src/contracts/asyncapi.ts';
import { openApi } from '../src/contracts/openapi.ts';
import { ROUTES } from '../src/http/routes.ts';
import { signToken, startServer } from './support/server.ts';

const OFFICIAL = createRequire(import.meta.url).resolve('@asyncapi/specs/schemas/3.0.0.json');

/** A document as it is served, which tests may look into and damage. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests reach into documents of others' making
const served = (document: unknown): any => JSON.parse(JSON.stringify(document));

describe('the contract of the socket', () => {
  // The official schema brings its own copy of JSON Schema's.
  const official = new Ajv({
    strict: false,
    validateFormats: false,
    meta: false,
    validateSchema: false,
  });
  const valid = official.compile(JSON.parse(readFileSync(OFFICIAL, 'utf8')));

  it('is AsyncAPI 3, by its official schema', () => {
    valid(served(asyncApi()));
    expect(valid.errors).toBeNull();
    const broken = served(asyncApi());
    delete broken.info.version;
    expect(valid(broken)).toBe(false);
    const misspelt = served(asyncApi());
    misspelt.operations.hear.action = 'hear';
    expect(valid(misspelt)).toBe(false);
  });

  it('refers to nothing that is not there', () => {
    const document = served(asyncApi());
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(40);
    for (const [, path = ''] of references) {
      let at = document;
      for (const part of path.split('/')) at = at[part];
      expect([path, typeof at]).toEqual([path, 'object']);
    }
  });

  it('has payloads that fit what is said, and not what is not', () => {
    const ajv = new Ajv({ strict: false });
    const { messages } = served(asyncApi()).components;
    const payload = (name: string) => ajv.compile(messages[`weft.${name}`].payload);
    const command = {
      type: 'command',
      id: '01J00000000000000000000001',
      device: 'd',
      counter: 1,
      conversation: 'plan',
      at: 0,
      action: { type: 'react', sequence: 1, emoji: '👍' },
    };
    const fits = payload('command');
    expect(fits(command)).toBe(true);
    expect(fits({ ...command, action: { ...command.action, emoji: 'a/b' } })).toBe(false);
    expect(fits({ ...command, id: 'short' })).toBe(false);
    expect(payload('stored')({ type: 'stored', document: 'document/a', n: 0 })).toBe(false);
  });
});

/** Names of the routes, as the contract has them. */
const KEYS: readonly string[] = ROUTES.map(({ method, path }) => `${method} ${path}`);

describe('the contract of HTTP', () => {
  it('is OpenAPI 3.1, by its official schema', async () => {
    const result = await new Validator().validate(served(openApi()));
    expect(result).toMatchObject({ valid: true });
    const broken = served(openApi());
    delete broken.paths['/healthz'].get.responses[200].description;
    expect(await new Validator().validate(broken)).toMatchObject({ valid: false });
  });

  it('is served, and that of the socket beside it, to whoever asks', async () => {
    const { http } = await startServer();
    for (const [path, made] of [
      ['/openapi.json', openApi()],
      ['/asyncapi.json', asyncApi()],
    ] as const) {
      const response = await fetch(http + path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(await response.json()).toEqual(served(made));
    }
  });

  it('is kept by every route: a real answer of each fits, an error fits, and no route is left out', async () => {
    const document = served(openApi());
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema({ $id: 'http://contract/', components: document.components });
    const store = await openMemoryStore();
    const { http } = await startServer({ store, metrics: {} });
    const ann = await signToken('ann', [{ resource: '*', role: 'owner' }]);
    const asked = new Set<string>();

    const ask = async (
      key: string,
      parameters: Readonly<Record<string, string>> = {},
      body?: unknown,
      token = ann,
    ) => {
      asked.add(key);
      const [method = '', template = ''] = key.split(' ');
      const query = parameters['?'] ?? '';
      const path =
        template.replaceAll(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '') + query;
      const operation = document.paths[template]?.[method.toLowerCase()];
      expect([key, operation]).not.toEqual([key, undefined]);
      const said = operation.requestBody?.content['application/json']?.schema;
      if (said !== undefined) expect([key, ajv.validate(said, body)]).toEqual([key, true]);
      const response = await fetch(http + path, {
        method,
        headers: operation.security?.[0].person === undefined ? {} : bearer(token),
        ...(body === undefined
          ? {}
          : { body: said === undefined ? String(body) : JSON.stringify(body) }),
      });
      expect([key, response.status]).toEqual([key, 200]);
      const [[type, { schema }]] = Object.entries<{ schema: object }>(
        operation.responses[200].content,
      ) as [[string, { schema: object }]];
      expect(response.headers.get('content-type')).toContain(type);
      const isJson = type === 'application/json';
      const answer = isJson ? await response.json() : await response.text();
      ajv.validate(schema, answer);
      expect([key, ajv.errors]).toEqual([key, null]);
      if (operation.security?.[0].person !== undefined) await refuse(method, path, key);
      return answer;
    };
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    const refuse = async (method: string, path: string, key: string) => {
      const refused = await fetch(http + path, { method });
      expect([key, refused.status]).toEqual([key, 401]);
      ajv.validate({ $ref: 'http://contract/#/components/schemas/Error' }, await refused.json());
      expect([key, ajv.errors]).toEqual([key, null]);
    };

    for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/asyncapi.json']) {
      await ask(`GET ${path}`);
    }
    await ask('POST /auth/guest', {}, { name: 'Bea' });
    const conversation = '/api/conversations/{conversation}';
    const plan = { conversation: 'plan' };
    const id = '01J00000000000000000000001';
    await ask(`POST ${conversation}/messages`, plan, { id, text: 'Hello.' });
    await ask(`POST ${conversation}/messages`, plan, {
      id: id.replace(/1$/, '2'),
      body: { version: 1, text: 'Again.', ranges: [{ type: 'bold', start: 0, end: 5 }] },
      reply: 1,
    });
    const { messages } = await ask(`GET ${conversation}/messages`, plan);
    expect(messages).toHaveLength(2);
    await ask(`GET ${conversation}/messages/{sequence}`, { ...plan, sequence: '2' });
    await ask(`GET ${conversation}/messages/{sequence}/revisions`, { ...plan, sequence: '2' });
    const search = await ask('GET /api/search', { '?': '?q=AGAIN&limit=1' });
    expect(search).toMatchObject({ found: [{ message: { sequence: 2 } }] });
    await ask(`GET ${conversation}/receipts`, plan);
    for (const list of ['members', 'timings']) await ask(`GET ${conversation}/${list}`, plan);
    const bob = await signToken('bob', [{ resource: '*', role: 'reader' }]);
    const unread = await ask(`GET ${conversation}/unread`, plan, undefined, bob);
    expect(unread).toMatchObject({ count: 2 });

    const text = 'What is in it.';
    const file = { hash: createHash('sha256').update(text).digest('hex') };
    await ask('PUT /files/{hash}', { ...file, '?': '?conversation=plan' }, text);
    const named = { ...file, name: 'a.txt', type: 'text/plain', bytes: text.length };
    await ask(`POST ${conversation}/messages`, plan, {
      id: id.replace(/1$/, '3'),
      body: { version: 1, text: '', files: [named] },
    });
    expect(await ask('GET /files/{hash}', file)).toBe(text);

    const rights = '/api/rights/{kind}/{id}';
    const draft = { kind: 'document', id: 'draft' };
    const person = { ...draft, person: 'bob' };
    await ask(`PUT ${rights}/members/{person}`, person, { role: 'editor' });
    await ask(`GET ${rights}/members`, draft);
    await ask(`DELETE ${rights}/members/{person}`, person);
    const invited = await ask(`POST ${rights}/invites`, draft, { role: 'editor', lifetime: 1_000 });
    await ask(`GET ${rights}/invites`, draft);
    const carl = await signToken('carl');
    await ask('POST /api/invites/{secret}', { secret: invited.secret }, undefined, carl);
    await ask(`DELETE ${rights}/invites/{invite}`, { ...draft, invite: invited.id });
    await ask('POST /api/changes', {}, {});
    await ask('POST /api/revocations', {}, { sub: 'bob' });
    expect([...asked].toSorted((a, b) => a.localeCompare(b))).toEqual(
      KEYS.toSorted((a, b) => a.localeCompare(b)),
    );
  });
});
