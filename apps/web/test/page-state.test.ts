import { describe, expect, it } from 'vitest';
import { type PageFacts, pageState } from '../src/page/page-state.ts';

const facts: PageFacts = {
  phase: 'synced',
  access: { state: 'editor' },
  empty: false,
  listed: true,
  directorySynced: true,
  madeHere: false,
  offline: false,
};

const show = (changed: Partial<PageFacts>) => pageState({ ...facts, ...changed });

describe('what a page shows', () => {
  it('a document that is on the device, at once and without a network', () => {
    const here = { phase: 'local', access: { state: 'unknown' } } as const;
    expect(show(here)).toEqual({ show: 'document', rights: { may: 'write' } });
    expect(show({ ...here, offline: true })).toMatchObject({ show: 'document' });
  });

  it('an outdated app shows what is on the device to read, and says why', () => {
    const outdated = { access: { state: 'outdated' }, phase: 'local' } as const;
    expect(show(outdated)).toEqual({
      show: 'document',
      rights: { may: 'read', because: 'outdated' },
    });
    expect(show({ ...outdated, empty: true })).toEqual({ show: 'outdated' });
  });

  it('nothing of a document before the device is read', () => {
    expect(show({ phase: 'loading' })).toEqual({ show: 'loading' });
  });

  it('an empty editor only when the document is known to be empty', () => {
    expect(show({ empty: true })).toMatchObject({ show: 'document' });
    expect(show({ empty: true, phase: 'local' })).toEqual({ show: 'loading' });
    expect(show({ empty: true, phase: 'local', offline: true })).toEqual({ show: 'not-here' });
    expect(show({ empty: true, phase: 'local', offline: true, madeHere: true })).toMatchObject({
      show: 'document',
    });
  });

  it('that there is nothing, once the whole directory is there and does not name it', () => {
    const unknown = { empty: true, listed: false };
    expect(show(unknown)).toEqual({ show: 'missing' });
    expect(show({ ...unknown, directorySynced: false })).toEqual({ show: 'loading' });
    expect(show({ listed: false })).toMatchObject({ show: 'document' });
  });

  it('[D9] to a reader, that they may read', () => {
    expect(show({ access: { state: 'reader' } })).toEqual({
      show: 'document',
      rights: { may: 'read', because: 'reader' },
    });
  });

  it('[D9] to a commenter, that they may read; to an owner, the document', () => {
    expect(show({ access: { state: 'commenter' } })).toEqual({
      show: 'document',
      rights: { may: 'read', because: 'commenter' },
    });
    expect(show({ access: { state: 'owner' } })).toMatchObject({ rights: { may: 'write' } });
  });

  it('[D9] to whoever is shut out, the reason, and what is on their device to read', () => {
    const denied = { access: { state: 'denied', code: 'forbidden' } } as const;
    expect(show({ ...denied, empty: true })).toEqual({ show: 'denied', code: 'forbidden' });
    expect(show(denied)).toEqual({
      show: 'document',
      rights: { may: 'read', because: 'denied', code: 'forbidden' },
    });
  });
});
