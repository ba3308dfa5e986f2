import { File as FileIcon, X } from 'lucide-react';
import { type ReactNode, useCallback } from 'react';
import type { Attachment } from './use-attachments.ts';
import { sizeWords } from './words.ts';

/** What goes with the message that is being written, each with a way to take it out. */
export function AttachmentList({
  attachments,
  onRemove,
}: {
  readonly attachments: readonly Attachment[];
  readonly onRemove: (key: string) => void;
}): ReactNode {
  if (attachments.length === 0) return null;
  return (
    <ul className="attachments" aria-label="Attached files">
      {attachments.map(({ key, file }) => (
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
            onClick={() => onRemove(key)}
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
