import type {
  ConnectionStatus,
  DeviceState,
  DocumentHandle,
  DocumentStatus,
  Observable,
} from '@weft/client';
import { useMemo } from 'react';
import { useObservable } from './observable.ts';
import { useWeft } from './provider.tsx';
import { createStatusLine, type Timer } from './status-line.ts';
import type { StatusWords } from './status-words.ts';

const browserTimer: Timer = (ms, fire) => {
  const id = setTimeout(fire, ms);
  return () => clearTimeout(id);
};

/** The connection of the client above. */
export function useConnection(): ConnectionStatus {
  return useObservable(useWeft().connection);
}

/** Whether this device keeps what is made on it. */
export function useDeviceState(): DeviceState {
  return useObservable(useWeft().storage);
}

const NOTHING_TO_KEEP: DocumentStatus = { state: 'stored', waiting: 0 };

/** Where a document's newest local change is; of no document, there is none to keep. */
export function useDocumentStatus(handle: DocumentHandle | undefined): DocumentStatus {
  return useObservable(handle?.status, NOTHING_TO_KEEP);
}

/** The words of a status chip, at the times at which they should be said. */
export function useStatusLine(
  document: Observable<DocumentStatus>,
  refused?: Observable<number>,
): StatusWords {
  const { connection, storage: device } = useWeft();
  const line = useMemo(
    () =>
      createStatusLine(
        { connection, document, device, ...(refused === undefined ? {} : { refused }) },
        browserTimer,
      ),
    [connection, document, device, refused],
  );
  return useObservable(line);
}
