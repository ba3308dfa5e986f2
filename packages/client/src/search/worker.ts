import { openIndexedDbDevice } from '@weft/storage/indexeddb';
import { type TextQuery, TextSearch } from './text-search.ts';
import { indexedDbTexts, textsName } from './text-store.ts';
import type { FromSearchWorker, ToSearchWorker } from './worker-messages.ts';

/**
 * The worker in which a page's device is searched: it reads the device's database by itself, so that neither what is read
 * nor the search holds up the page.
 */

let search: TextSearch | undefined;
/** Searches that nobody waits for any more. */
const stopped = new Set<number>();

addEventListener('message', ({ data }: MessageEvent<ToSearchWorker>) => {
  switch (data.type) {
    case 'open':
      search = new TextSearch(
        openIndexedDbDevice({ name: data.name }),
        indexedDbTexts(textsName(data.name)),
        () => performance.now(),
      );
      break;
    case 'find':
      void find(data.id, data.query);
      break;
    case 'stop':
      stopped.add(data.id);
      break;
    case 'tidy':
      // What is left over is taken out by the next search.
      search?.tidy().catch(() => undefined);
      break;
    case 'prepare':
      // What cannot be read now is read, or said, by the search.
      search?.prepare().catch(() => undefined);
      break;
    default: {
      const unreachable: never = data;
      throw new TypeError(`A search worker is asked ${JSON.stringify(unreachable)}.`);
    }
  }
});

async function find(id: number, query: TextQuery): Promise<void> {
  try {
    const found = await search?.find(
      query,
      (some) => tell({ type: 'found', id, complete: false, found: some }),
      () => stopped.has(id),
    );
    tell(
      found === undefined ? { type: 'failed', id } : { type: 'found', id, complete: true, found },
    );
  } catch {
    tell({ type: 'failed', id });
  } finally {
    stopped.delete(id);
  }
}

function tell(message: FromSearchWorker): void {
  postMessage(message);
}
