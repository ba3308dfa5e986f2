import type { DeviceEstimate, DeviceStorage } from '@weft/client';
import { useWeft } from '@weft/react';
import { Dialog } from 'radix-ui';
import { type ReactNode, useEffect, useState } from 'react';
import { titleOf, useShell } from '../shell/context.ts';
import { keptWords, promiseWords, roomWords } from './words.ts';

/** What this device keeps, whether it stays there, and what may go. */
export function StorageDialog({
  open,
  setOpen,
}: {
  readonly open: boolean;
  readonly setOpen: (open: boolean) => void;
}): ReactNode {
  const { storage } = useWeft();
  const { entries } = useShell();
  const nameOf = (id: string) => titleOf(entries.find((entry) => entry.id === id));
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          <StoragePlace storage={storage} nameOf={nameOf} />
          <div className="dialog-actions">
            <Dialog.Close className="button" data-kind="primary">
              Close
            </Dialog.Close>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface Kept {
  readonly estimate: DeviceEstimate | undefined;
  /** Ids of documents; nothing when the device cannot be read. */
  readonly documents: readonly string[] | undefined;
}

/** Its content. */
export function StoragePlace({
  storage,
  nameOf,
}: {
  readonly storage: DeviceStorage;
  readonly nameOf: (id: string) => string;
}): ReactNode {
  const [kept, setKept] = useState<Kept>();
  const [note, setNote] = useState('');
  useEffect(() => {
    let shown = true;
    void readKept(storage).then((found) => shown && setKept(found));
    return () => {
      shown = false;
    };
  }, [storage]);
  const look = async () => setKept(await readKept(storage));
  const ask = async () => {
    const promised = await storage.requestPersist().catch(() => false);
    setNote(
      promised ? 'The browser will keep it.' : 'The browser did not agree. It may ask again later.',
    );
    await look();
  };
  const remove = async (id: string) => {
    try {
      await storage.evict(id);
      setNote(`${nameOf(id)} was removed from this device. The server has it.`);
    } catch (error) {
      setNote(`${nameOf(id)}: ${keptWords(error)}`);
    }
    await look();
  };
  return (
    <>
      <Dialog.Title asChild>
        <h2>Storage of this device</h2>
      </Dialog.Title>
      {kept === undefined ? null : (
        <>
          <dl className="message-facts">
            <div>
              <dt>Used by this site</dt>
              <dd>{roomWords(kept.estimate)}</dd>
            </div>
            <div>
              <dt>Whether it stays</dt>
              <dd>{promiseWords(kept.estimate)}</dd>
            </div>
          </dl>
          {kept.estimate?.persistent === true ? null : (
            <button type="button" className="button" onClick={() => void ask()}>
              Ask the browser to keep it
            </button>
          )}
          <DocumentsHere documents={kept.documents} nameOf={nameOf} onRemove={remove} />
        </>
      )}
      <p className="refused-note" role="status">
        {note}
      </p>
    </>
  );
}

async function readKept(storage: DeviceStorage): Promise<Kept> {
  const [estimate, documents] = await Promise.all([
    storage.estimate().catch(() => undefined),
    storage.documents().catch(() => undefined),
  ]);
  return { estimate, documents };
}

function DocumentsHere({
  documents,
  nameOf,
  onRemove,
}: {
  readonly documents: Kept['documents'];
  readonly nameOf: (id: string) => string;
  readonly onRemove: (id: string) => Promise<void>;
}): ReactNode {
  if (documents === undefined) return <p>This device cannot be read just now.</p>;
  if (documents.length === 0) return <p>No document is kept here yet.</p>;
  return (
    <>
      <p>
        Documents here, to open without a network. What is removed comes again when it is opened
        online.
      </p>
      <ul className="storage-list" aria-label="Documents on this device">
        {documents.map((id) => (
          <li key={id}>
            <span className="entry-title" dir="auto">
              {nameOf(id)}
            </span>
            <button
              type="button"
              className="text-button"
              aria-label={`Remove ${nameOf(id)} from this device`}
              onClick={() => void onRemove(id)}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
