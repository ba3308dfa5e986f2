import type { ConversationHandle } from '@weft/client';
import { createContext, use } from 'react';

/** Where the files of the messages on screen come from. */
export type FileSource = Pick<ConversationHandle, 'uploads' | 'openFile'>;

export const FileSourceContext = createContext<FileSource | undefined>(undefined);

/** Nothing outside a conversation that is open: files are named there, and not shown. */
export function useFileSource(): FileSource | undefined {
  return use(FileSourceContext);
}
