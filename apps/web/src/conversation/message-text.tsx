import type { MessageBody } from '@weft/protocol';
import type { ReactNode } from 'react';
import { type Run, runsOf } from './runs.ts';

/** What was said: text as it was typed, with its ranges. */
export function MessageText({
  body,
  edited,
  onEdited,
}: {
  readonly body: MessageBody;
  /** When it was edited, in full; absent where it was not. */
  readonly edited?: string | undefined;
  /** Shows what it said before. */
  readonly onEdited?: (() => void) | undefined;
}): ReactNode {
  return (
    <p className="message-text" dir="auto">
      {runsOf(body).map((run) => (
        <RunOf key={run.start} run={run} />
      ))}
      {edited === undefined ? null : (
        <>
          {body.text === '' ? '' : ' '}
          <button
            type="button"
            className="message-edited"
            title={`Edited ${edited}. Show earlier versions`}
            // The tab key goes from line to line; the menu of the message has it too.
            tabIndex={-1}
            onClick={onEdited}
          >
            (edited)
          </button>
        </>
      )}
    </p>
  );
}

function RunOf({ run }: { readonly run: Run }): ReactNode {
  let node: ReactNode = run.text;
  if (run.types.includes('code')) node = <code>{node}</code>;
  if (run.types.includes('italic')) node = <em>{node}</em>;
  if (run.types.includes('bold')) node = <strong>{node}</strong>;
  if (run.types.includes('mention')) node = <span className="mention">{node}</span>;
  if (run.href !== undefined) {
    node = (
      <a href={run.href} target="_blank" rel="noopener noreferrer nofollow">
        {node}
      </a>
    );
  }
  return node;
}
