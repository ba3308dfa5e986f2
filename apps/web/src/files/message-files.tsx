import type { FileProgress } from '@weft/client';
import { type MessageFile, SAFE_IMAGES } from '@weft/protocol';
import { useObservable } from '@weft/react';
import { Download, File as FileIcon } from 'lucide-react';
import { type CSSProperties, type ReactNode, useState } from 'react';
import { sizeWords } from '../parts/size-words.ts';
import { useFileSource } from './context.ts';
import { useFileUrl } from './use-file-url.ts';
import { kindWords } from './words.ts';

const NO_UPLOADS: ReadonlyMap<string, FileProgress> = new Map();

/** Sides of a picture in the list, in pixels: a larger one is shown smaller, and none larger than it is. */
const PICTURE = { width: 320, height: 240, least: 48 } as const;

/** The files of a message: pictures as such, all else by name. */
export function MessageFiles({ files }: { readonly files: readonly MessageFile[] }): ReactNode {
  const uploads = useObservable(useFileSource()?.uploads, NO_UPLOADS);
  return (
    <ul className="files" aria-label="Files">
      {files.map((file) => {
        const { hash, type, width, height } = file;
        const isPicture = SAFE_IMAGES.has(type) && width !== undefined && height !== undefined;
        const upload = uploads.get(hash);
        return (
          <li key={hash}>
            {isPicture ? (
              <Picture file={file} width={width} height={height} />
            ) : (
              <FileRow file={file} />
            )}
            {upload === undefined ? null : (
              <progress
                max={upload.bytes}
                value={upload.sent}
                aria-label={`Sending ${file.name}`}
              />
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** A picture in room that is kept for it: nothing moves when it comes. A click downloads it. */
function Picture({
  file,
  width,
  height,
}: {
  readonly file: MessageFile;
  readonly width: number;
  readonly height: number;
}): ReactNode {
  const shown = useFileUrl(file.hash);
  const scale = Math.min(1, PICTURE.width / width, PICTURE.height / height);
  const style: CSSProperties = {
    width: Math.max(PICTURE.least, Math.round(width * scale)),
    aspectRatio: `${Math.max(PICTURE.least, width * scale)} / ${Math.max(PICTURE.least, height * scale)}`,
  };
  switch (shown.state) {
    case 'loading':
      return <span className="file-picture" style={style} aria-label={file.name} role="img" />;
    case 'here':
      return (
        <a
          className="file-picture"
          style={style}
          href={shown.url}
          download={file.name}
          title={`${file.name}, ${sizeWords(file.bytes)}`}
          aria-label={`Download ${file.name}`}
        >
          <img src={shown.url} alt={file.name} />
        </a>
      );
    case 'missing':
      return (
        <span className="file-picture file-missing" style={style}>
          <span>{file.name} is not here.</span>
          <button type="button" className="text-button" onClick={shown.again}>
            Try again
          </button>
        </span>
      );
    default: {
      const unreachable: never = shown;
      return unreachable;
    }
  }
}

/** A file by its name, its kind and its size, and the button that downloads it. */
function FileRow({ file }: { readonly file: MessageFile }): ReactNode {
  const source = useFileSource();
  const [state, setState] = useState<'idle' | 'fetching' | 'failed'>('idle');
  const { hash, name, type, bytes } = file;
  const download = async () => {
    setState('fetching');
    try {
      const content = await source?.openFile(hash);
      if (content !== undefined) save(content, name);
      setState('idle');
    } catch {
      setState('failed');
    }
  };
  return (
    <div className="file-row">
      <FileIcon size={20} aria-hidden="true" />
      <div>
        <span className="file-name" dir="auto">
          {name}
        </span>
        <span className="file-facts">
          {kindWords(name, type)}, {sizeWords(bytes)}
        </span>
        {state === 'failed' ? (
          <span className="file-facts" data-tone="danger" role="alert">
            It could not be fetched. Try again when you are online.
          </span>
        ) : null}
      </div>
      <button
        type="button"
        className="icon-button"
        aria-label={`Download ${name}`}
        title="Download"
        disabled={state === 'fetching'}
        onClick={() => void download()}
      >
        <Download size={16} aria-hidden="true" />
      </button>
    </div>
  );
}

function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
