import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ID_PATTERN,
  conversationKind,
  directId,
  governing,
  isBetweenOthers,
  roleFromGrants,
  threadId,
} from '../src/index.ts';
import { seeded } from './seeded.ts';

const sub = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/);
const ANCHOR = '01J00000000000000000000001';

describe('kinds of conversations', () => {
  it('[C14] [R4] two people have one direct conversation, whoever asks, and no third is in it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(sub, { minLength: 3, maxLength: 3 }), ([ann, bea, eve]) => {
        if (ann === undefined || bea === undefined || eve === undefined) throw new Error('Three.');
        const id = directId(ann, bea);
        expect(directId(bea, ann)).toBe(id);
        expect(id).toMatch(ID_PATTERN);
        expect(conversationKind(id).kind).toBe('direct');
        expect(isBetweenOthers(id, ann)).toBe(false);
        expect(isBetweenOthers(id, bea)).toBe(false);
        expect(isBetweenOthers(id, eve)).toBe(true);
        expect(directId(ann, eve)).not.toBe(id);
      }),
      { ...seeded, numRuns: 300 },
    );
  });

  it('the id of a direct conversation is the same for ever', () => {
    expect(directId('ann', 'bea')).toBe('direct-SZFeDX1LQC4wF9AQvBwOg8-tuFVeh7TkA176OKLtfE32R');
  });

  it('a thread is of a document and an anchor, and takes the grants of its document', () => {
    const id = threadId('spec_2-a', ANCHOR) ?? '';
    expect(conversationKind(id)).toEqual({ kind: 'thread', document: 'spec_2-a', anchor: ANCHOR });
    expect(
      roleFromGrants([{ resource: 'document/spec_2-a', role: 'commenter' }], {
        kind: 'conversation',
        id,
      }),
    ).toBe('commenter');
    expect(
      roleFromGrants([{ resource: 'document/spec', role: 'commenter' }], {
        kind: 'conversation',
        id,
      }),
    ).toBeUndefined();
    expect(threadId('d'.repeat(94), ANCHOR)).toMatch(ID_PATTERN);
    expect(threadId('d'.repeat(95), ANCHOR)).toBeUndefined();
    expect(threadId('spec', 'no ulid')).toBeUndefined();
  });

  it('an id that only looks like one of them is a channel', () => {
    for (const id of [
      'direct-ann-bea',
      'thread-1-spec',
      'general',
      'direct-',
      `thread-${ANCHOR}`,
    ]) {
      expect(conversationKind(id)).toEqual({ kind: 'open' });
    }
  });

  it('[R4] a grant for a document gives nothing of a direct conversation that has its id', () => {
    const id = directId('ann', 'bea');
    expect(governing({ kind: 'conversation', id })).toEqual([{ kind: 'conversation', id }]);
  });
});
