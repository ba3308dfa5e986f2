import { createMemoryDisk, openMemoryDevice } from '@weft/storage/device-memory';
import { createTabHub } from '@weft/testkit/sim';
import { describe, expect, it, vi } from 'vitest';
import { ScriptedServer } from './kit/scripted-server.ts';
import { bench, untilDoc, untilState } from './kit/setup.ts';

describe('what the device keeps', () => {
  it('[D2] gives up a document that the server has, and gets it again when it is opened', async () => {
    const { weft, server, disk } = bench();
    server.commits = true;
    server.confirms = true;
    const handle = weft.document('spec');
    await handle.synced;
    handle.doc.getText('content').insert(0, 'kept. ');
    await untilState(handle.status, 'stored');
    await weft.flush();
    await expect(weft.storage.evict('spec')).rejects.toMatchObject({ code: 'document-open' });
    handle.close();
    expect(await weft.storage.documents()).toEqual(['spec']);
    await weft.storage.evict('spec');
    expect(await weft.storage.documents()).toEqual([]);
    expect(disk.records.size).toBe(0);
    const again = weft.document('spec');
    await again.synced;
    expect(again.doc.getText('content').toJSON()).toBe('kept. ');
  });

  it('[D2] does not give up what the server lacks, nor anything beside it', async () => {
    const { weft } = bench({ connect: false });
    const handle = weft.document('spec');
    await handle.loaded;
    handle.doc.getText('content').insert(0, 'mine');
    await weft.flush();
    handle.close();
    await expect(weft.storage.evict('spec')).rejects.toMatchObject({ code: 'not-stored' });
    expect(await weft.storage.documents()).toEqual(['spec']);
    await expect(weft.storage.evict('../spec')).rejects.toMatchObject({ code: 'name-invalid' });
  });

  it('[D2] keeps what another tab shows: whatever it goes on to make builds on it', async () => {
    const hub = createTabHub();
    const disk = createMemoryDisk();
    const server = new ScriptedServer();
    server.commits = true;
    server.shows = true;
    const one = bench({ server, disk, tab: hub.tab() });
    const handle = one.weft.document('spec');
    await handle.synced;
    handle.doc.getText('content').insert(0, 'one. ');
    await untilState(handle.status, 'stored');
    const two = bench({ server, disk, tab: hub.tab() });
    const other = two.weft.document('spec');
    await other.synced;
    handle.close();
    await one.weft.storage.evict('spec');
    other.doc.getText('content').insert(0, 'two. ');
    await untilState(other.status, 'stored');
    two.env.advance(1_000);
    await two.weft.flush();
    await two.weft.close();
    const later = bench({ disk, connect: false }).weft.document('spec');
    await later.loaded;
    await untilDoc(later.doc, () => later.doc.getText('content').toJSON() === 'two. one. ');
  });

  it('says what there is room for, and passes on what the browser promises', async () => {
    const estimate = { usage: 1, quota: 2, persistent: false };
    const requestPersist = vi.fn<() => Promise<boolean>>(async () => true);
    const store = { ...openMemoryDevice(), estimate: async () => estimate, requestPersist };
    const { weft } = bench({ store, connect: false });
    expect(await weft.storage.estimate()).toEqual(estimate);
    expect(await weft.storage.requestPersist()).toBe(true);
    expect(requestPersist).toHaveBeenCalledTimes(1);
  });
});
