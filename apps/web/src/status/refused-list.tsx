import type { Refusal } from '@weft/client';
import { parseAddress } from '@weft/protocol';
import type { ReactNode } from 'react';
import { titleOf, useShell } from '../shell/context.ts';

/** What could not be kept, by document, with a way to each text. */
export function RefusedList({
  refusals,
  onShow,
  onLooked,
}: {
  readonly refusals: readonly Refusal[];
  readonly onShow: (refusal: Refusal) => void;
  readonly onLooked: () => void;
}): ReactNode {
  const titleFor = useRefusedTitle();
  return (
    <>
      <h2>Not kept by the server</h2>
      <ul className="refusals">
        {refusals.map((refusal) => (
          <li key={refusal.id}>
            <strong>{titleFor(refusal)}</strong> {refusal.message}{' '}
            <button type="button" className="text-button" onClick={() => onShow(refusal)}>
              Show it
            </button>
          </li>
        ))}
      </ul>
      <button type="button" className="button" onClick={onLooked}>
        Understood
      </button>
    </>
  );
}

/** The title of the document that a refusal is about; the directory is a document too. */
export function useRefusedTitle(): (refusal: Refusal) => string {
  const { entries } = useShell();
  return ({ document }) => {
    const address = parseAddress(document);
    if (address?.kind === 'workspace') return 'The list of documents';
    return titleOf(entries.find(({ id }) => id === address?.id));
  };
}
