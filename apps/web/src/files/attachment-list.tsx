import { File as FileIcon, X } from 'lucide-react';
import { type ReactNode, useCallback, useRef } from 'react';
import { sizeWords } from '../parts/size-words.ts';
import type { Attachment } from './use-attachments.ts';

/** What goes with the message that is being written, each with a way to take it out. */
export function AttachmentList({
  attachments,
  onRemove,
  onEmptied,
}: {
  readonly attachments: readonly Attachment[];
  readonly onRemove: (key: string) => void;
  /** The last one was taken out, and the button with it: the focus belongs elsewhere. */
  readonly onEmptied: () => void;
}): ReactNode {
  const buttons = useRef(new Map<string, HTMLButtonElement>());
  if (attachments.length === 0) return null;
  const remove = (index: number, key: string) => {
    const neighbour = attachments[index + 1] ?? attachments[index - 1];
    const next = neighbour === undefined ? undefined : buttons.current.get(neighbour.key);
    if (next === undefined) onEmptied();
    else next.focus();
    onRemove(key);
  };
  return (
    <ul className="attachments" aria-label="Attached files">
      {attachments.map(({ key, file }, index) => (
        <li key={key}>
          {file.type.startsWith('image/') ? (
            <Preview file={file} />
          ) : (
            <FileIcon size={16} aria-hidden="true" />
          )}
          <span className="file-name" dir="auto">
            {file.name}
          </span>
          <span className="file-facts">{sizeWords(file.size)}</span>
          <button
            type="button"
            aria-label={`Remove ${file.name}`}
            title="Remove"
            ref={(button) => {
              if (button === null) return undefined;
              buttons.current.set(key, button);
              return () => void buttons.current.delete(key);
            }}
            onClick={() => remove(index, key)}
          >
            <X size={14} aria-hidden="true" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Preview({ file }: { readonly file: File }): ReactNode {
  const show = useCallback(
    (image: HTMLImageElement) => {
      const url = URL.createObjectURL(file);
      image.src = url;
      return () => URL.revokeObjectURL(url);
    },
    [file],
  );
  return <img className="attachment-preview" ref={show} alt="" />;
}
