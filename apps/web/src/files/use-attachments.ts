import { FILES_MAX, FILE_MAX_BYTES } from '@weft/protocol';
import { useCallback, useState } from 'react';
import { sizeWords } from '../parts/size-words.ts';

/** A file that is to go with the message that is being written. */
export interface Attachment {
  readonly key: string;
  readonly file: File;
}

export interface Attachments {
  readonly all: readonly Attachment[];
  /** Why something was not attached; empty where all was. */
  readonly problem: string;
  readonly add: (files: Iterable<File>) => void;
  readonly remove: (key: string) => void;
  /** Takes all of them away, and gives them. */
  readonly take: () => readonly Attachment[];
  readonly putBack: (attachments: readonly Attachment[]) => void;
}

/** What is attached to the message that is being written. It is on no device before it is sent. */
export function useAttachments(): Attachments {
  const [all, setAll] = useState<readonly Attachment[]>([]);
  const [problem, setProblem] = useState('');
  const add = useCallback(
    (files: Iterable<File>) => {
      const given = [...files];
      const large = given.filter(({ size }) => size > FILE_MAX_BYTES);
      const fits = given.filter(({ size }) => size <= FILE_MAX_BYTES);
      const room = Math.max(0, FILES_MAX - all.length);
      const [first] = large;
      setProblem(
        first !== undefined
          ? `${first.name} is larger than ${sizeWords(FILE_MAX_BYTES)} and was not attached.`
          : fits.length > room
            ? `A message carries at most ${FILES_MAX} files.`
            : '',
      );
      const added = fits.slice(0, room).map((file) => ({ key: crypto.randomUUID(), file }));
      setAll((before) => [...before, ...added]);
    },
    [all.length],
  );
  const remove = useCallback((key: string) => {
    setProblem('');
    setAll((before) => before.filter((each) => each.key !== key));
  }, []);
  const take = () => {
    setAll([]);
    setProblem('');
    return all;
  };
  const putBack = useCallback((attachments: readonly Attachment[]) => {
    setAll((before) => [...attachments, ...before]);
  }, []);
  return { all, problem, add, remove, take, putBack };
}
