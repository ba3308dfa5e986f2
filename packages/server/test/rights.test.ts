import { openMemoryStore } from '@weft/storage/memory';
import { describe, expect, it } from 'vitest';
import { recordResource } from '../src/auth/resources.ts';
import { createRights } from '../src/auth/rights.ts';

describe('rights from the database', () => {
  it('a conversation beside a document takes its rights before and after its first message', async () => {
    const { registry } = await openMemoryStore();
    const rights = createRights(registry, undefined);
    const document = { kind: 'document', id: 'spec' } as const;
    const conversation = { kind: 'conversation', id: 'spec' } as const;
    const ann = {
      tenant: '_',
      sub: 'ann',
      name: 'Ann',
      grants: undefined,
      expires: undefined,
    };
    await registry.setMember('_', 'workspace/main', 'ann', 'editor');
    await recordResource(registry, '_', document, 'bea', 0);
    expect(await rights.roleOf(ann, conversation)).toBe('editor');
    await recordResource(registry, '_', conversation, 'bea', 0);
    expect(await rights.roleOf(ann, conversation)).toBe('editor');
    await registry.setMember('_', 'document/spec', 'ann', 'reader');
    expect(await rights.roleOf(ann, conversation)).toBe('reader');
  });
});
