import { type Action, type Command, directId, threadId } from '@weft/protocol';
import type { Store } from '@weft/storage';
import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it } from 'vitest';
import { checkContents } from '../src/check/contents.ts';
import { rawClient } from './support/raw-client.ts';
import { signToken, startServer } from './support/server.ts';

const PEOPLE = ['ann', 'bea', 'eve'] as const;
const ANCHOR = '01J00000000000000000000001';

/** A server where everybody is an editor of the workspace, and one socket for each of them. */
async function scene() {
  const store = await openMemoryStore();
  await store.registry.createResource({
    tenant: '_',
    kind: 'document',
    id: 'plan',
    parent: 'workspace/main',
    owner: 'ann',
    created: 0,
  });
  for (const person of PEOPLE) {
    await store.registry.setMember('_', 'workspace/main', person, 'editor');
  }
  const { sync, http } = await startServer({ store });
  const enter = async (sub: string, at = sync) => {
    const token = await signToken(sub);
    const client = await rawClient(at);
    await client.hello(token);
    let count = 0;
    /** @param again which of its commands it sends once more; without it, this is a new one */
    const run = async (conversation: string, action: Action, again?: number) => {
      if (again === undefined) count += 1;
      const counter = again ?? count;
      const id = `01J${sub.toUpperCase()}${String(counter).padStart(20, '0')}`;
      const command: Command = {
        type: 'command',
        id,
        device: `device-${sub}`,
        counter,
        conversation,
        at: 0,
        action,
      };
      client.say(command);
      const { result } = await client.weft('ack', (ack) => ack.id === id);
      return result.outcome === 'stored' ? result.sequence : result.code;
    };
    return { client, token, run };
  };
  const ann = await enter('ann');
  const bea = await enter('bea');
  const eve = await enter('eve');
  return { store, http, enter, ann, bea, eve };
}

async function problemsOf(store: Store): Promise<readonly string[]> {
  const streams = [
    '_/conversation/general',
    '_/conversation/general/0',
    '_/conversation/general/members',
  ];
  return (await checkContents(store.log, streams)).problems;
}

const say = (text: string): Action => ({ type: 'send', body: { version: 1, text } });

describe('members of a channel', () => {
  it('[C13] come and go in the order of the messages; what is so already is refused', async () => {
    const { store, ann, bea } = await scene();
    expect(await ann.run('general', { type: 'join' })).toBe(1);
    expect(await ann.run('general', { type: 'join' })).toBe('membership-unchanged');
    expect(await ann.run('general', say('hello'))).toBe(2);
    expect(await bea.run('general', { type: 'leave' })).toBe('membership-unchanged');
    expect(await bea.run('general', { type: 'join' })).toBe(3);
    expect(await ann.run('general', { type: 'leave' })).toBe(4);
    expect(await ann.run('general', { type: 'join' })).toBe(5);
    await bea.client.open('conversation/general/0');
    const told = await bea.client.weft('members', ({ conversation }) => conversation === 'general');
    expect(told).toMatchObject({
      sequence: 5,
      members: [
        { person: 'bea', name: 'Name of bea', since: 3 },
        { person: 'ann', name: 'Name of ann', since: 5 },
      ],
    });
    expect(await problemsOf(store)).toEqual([]);
  });

  it('[C5] [C13] a refusal that its device did not hear stays one when it comes again, behind what followed it', async () => {
    const { store, enter, ann } = await scene();
    const leave = { type: 'leave' } as const;
    expect(await ann.run('general', leave)).toBe('membership-unchanged');
    expect(await ann.run('general', { type: 'join' })).toBe(1);
    expect(await ann.run('general', leave, 1)).toBe('membership-unchanged');
    // Read off the log by another server.
    const { sync } = await startServer({ store });
    const again = await enter('ann', sync);
    expect(await again.run('general', leave, 1)).toBe('membership-unchanged');
    expect(await again.run('general', leave, 3)).toBe(2);
    expect(await problemsOf(store)).toEqual([]);
  });

  it('[C13] the check of a database finds a change of membership that no event made', async () => {
    const { store, ann } = await scene();
    await ann.run('general', { type: 'join' });
    const [record] = await store.log.read('_/conversation/general/members', 0, 1);
    if (record === undefined) throw new Error('Nothing was recorded.');
    const { stream, principal, kind, at, bytes } = record;
    await store.log.append([{ stream, principal, kind, at, bytes }]);
    expect(await problemsOf(store)).toEqual([
      '_/conversation/general/members: record 2 is not what its event says',
    ]);
  });

  it('[C10] a line that says who came is neither edited, deleted nor marked', async () => {
    const { ann } = await scene();
    await ann.run('general', { type: 'join' });
    for (const action of [
      { type: 'edit', sequence: 1, body: { version: 1, text: 'I was never here' } },
      { type: 'delete', sequence: 1 },
      { type: 'react', sequence: 1, emoji: '👍' },
      { type: 'pin', sequence: 1 },
    ] as const) {
      expect(await ann.run('general', action)).toBe('message-unknown');
    }
  });

  it('nobody joins or leaves where a document says who is in', async () => {
    const { ann } = await scene();
    const thread = threadId('plan', ANCHOR) ?? '';
    for (const conversation of ['plan', thread]) {
      expect(await ann.run(conversation, { type: 'join' })).toBe('membership-fixed');
      expect(await ann.run(conversation, { type: 'leave' })).toBe('membership-fixed');
    }
  });
});

describe('direct conversations', () => {
  const id = directId('ann', 'bea');

  it('[C14] begin once, and both people are told, those who come later too', async () => {
    const { ann, bea, eve, enter } = await scene();
    expect(await ann.run(id, say('psst'))).toBe('not-begun');
    expect(await ann.run(id, { type: 'join', with: 'eve' })).toBe('request-invalid');
    expect(await ann.run(id, { type: 'join' })).toBe('request-invalid');
    expect(await ann.run(id, { type: 'join', with: 'bea' })).toBe(1);
    const toBea = await bea.client.weft('directs', ({ conversations }) => conversations.length > 0);
    expect(toBea.conversations).toMatchObject([
      { conversation: id, person: 'ann', name: 'Name of ann' },
    ]);
    const toAnn = await ann.client.weft('directs', ({ conversations }) => conversations.length > 0);
    expect(toAnn.conversations).toMatchObject([{ conversation: id, person: 'bea', name: '' }]);
    expect(await bea.run(id, { type: 'join', with: 'ann' })).toBe('membership-unchanged');
    expect(await bea.run(id, say('hi'))).toBe(2);
    expect(await bea.run(id, { type: 'leave' })).toBe('membership-fixed');
    const again = await enter('bea');
    const all = await again.client.weft('directs');
    expect(all.conversations).toMatchObject([{ conversation: id, person: 'ann' }]);
    expect(eve.client.received).not.toContainEqual(
      expect.objectContaining({
        message: expect.objectContaining({ type: 'directs', conversations: toBea.conversations }),
      }),
    );
  });

  it('[R4] are open to nobody else: not to an owner of everything, not over HTTP', async () => {
    const { http, ann, eve, enter } = await scene();
    await ann.run(id, { type: 'join', with: 'bea' });
    await ann.run(id, say('psst'));
    expect(await eve.run(id, say('may I?'))).toBe('forbidden');
    const owner = await signToken('root', [{ resource: '*', role: 'owner' }]);
    for (const token of [eve.token, owner]) {
      const headers = { authorization: `Bearer ${token}` };
      for (const path of ['messages', 'unread', 'receipts']) {
        const response = await fetch(`${http}/api/conversations/${id}/${path}`, { headers });
        expect(response.status).toBe(403);
      }
    }
    const { client } = await enter('eve');
    expect(await client.open(`conversation/${id}/0`)).toBe('forbidden');
  });

  it('[R4] nobody is let in by somebody else: neither of the two owns it', async () => {
    const { http, ann } = await scene();
    await ann.run(id, { type: 'join', with: 'bea' });
    const response = await fetch(`${http}/api/rights/conversation/${id}/members/eve`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${ann.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ role: 'editor' }),
    });
    expect(response.status).toBe(403);
  });
});

describe('threads', () => {
  it('[R4] have the rights of their document, before and after the first comment', async () => {
    const { store, ann, bea } = await scene();
    const thread = threadId('plan', ANCHOR) ?? '';
    await store.registry.setMember('_', 'document/plan', 'bea', 'reader');
    expect(await bea.run(thread, say('a remark'))).toBe('read-only');
    expect(await ann.run(thread, say('a remark'))).toBe(1);
    expect(await bea.run(thread, say('a remark'))).toBe('read-only');
    await store.registry.setMember('_', 'document/plan', 'bea', 'commenter');
    expect(await bea.run(thread, say('a remark'))).toBe(2);
    await store.registry.setMember('_', 'document/plan', 'bea', 'none');
    expect(await bea.run(thread, say('a remark'))).toBe('forbidden');
  });
});
