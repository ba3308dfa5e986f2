import { ID_PATTERN, WeftError } from '@weft/protocol';
import type { DeviceStore } from '@weft/storage';
import type { DeviceStorage } from './api.ts';
import type { Documents } from './documents.ts';
import { readOnly } from './observable.ts';

const DOCUMENTS = 'document/';

/** The device's store, as an embedder may see it. */
export function deviceStorage(options: {
  readonly store: DeviceStore;
  readonly documents: Documents;
  /** Something was removed: other tabs may have it open. */
  readonly evicted: (address: string) => void;
}): DeviceStorage {
  const { store, documents, evicted } = options;
  return {
    ...readOnly(store.status),
    estimate: () => store.estimate(),
    requestPersist: () => store.requestPersist(),
    documents: async () =>
      (await store.documents(DOCUMENTS)).map((name) => name.slice(DOCUMENTS.length)),
    evict: async (id) => {
      if (!ID_PATTERN.test(id)) throw new WeftError('name-invalid');
      if (documents.isOpen(id)) throw new WeftError('document-open');
      const evict = async (name: string): Promise<void> => {
        await store.evict(name);
        evicted(name);
      };
      // The document first: it alone can be refused, since segments are written by the server.
      await evict(`${DOCUMENTS}${id}`);
      const segments = await store.documents(`conversation/${id}/`);
      await Promise.all(segments.map(evict));
    },
  };
}
