import { type DocumentHandle, type SocketLike, type Weft, createWeft } from '@weft/client';

/** A client of ours with the session's document open. */
export interface Participant {
  readonly handle: DocumentHandle;
  close(): Promise<void>;
}

/** The session cannot go on, in one line. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
}

/** Milliseconds that a client may take to connect and to have the document. */
const SYNC_DEADLINE = 30_000;

/**
 * Opens the document on a client with an empty device. Resolves when it has all that the server had.
 * @param failed called when the server refuses the client or one of its changes, also later
 * @throws SessionError when the server cannot be reached or refuses
 */
export async function join(options: {
  readonly url: string;
  readonly token: string;
  readonly document: string;
  readonly socket: (url: string) => SocketLike;
  readonly failed: (error: SessionError) => void;
}): Promise<Participant> {
  const { url, token, document, socket, failed } = options;
  const weft = createWeft({ url, token, env: { socket } });
  const handle = weft.document(document);
  const participant: Participant = {
    handle,
    close: async () => {
      handle.close();
      await weft.close();
    },
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new SessionError(`no document from ${url} within ${SYNC_DEADLINE / 1000} s`));
      }, SYNC_DEADLINE);
      const check = () => {
        const problem = problemOf(weft, handle);
        if (problem === undefined) return;
        clearTimeout(late);
        const error = new SessionError(`the server at ${url} refused: ${problem}`);
        reject(error);
        failed(error);
      };
      weft.refusals.subscribe(check);
      weft.connection.subscribe(check);
      handle.access.subscribe(check);
      handle.synced.then(() => {
        clearTimeout(late);
        resolve();
      }, reject);
    });
  } catch (error) {
    await participant.close();
    throw error;
  }
  return participant;
}

/** What the server holds against this client, if anything. */
function problemOf(weft: Weft, handle: DocumentHandle): string | undefined {
  const [refusal] = weft.refusals.get();
  if (refusal !== undefined) return `${refusal.message} (${refusal.code})`;
  const connection = weft.connection.get();
  if (connection.state === 'revoked') return `the token (${connection.code})`;
  if (connection.state === 'outdated') return 'this version of the client';
  const access = handle.access.get();
  return access.state === 'denied' ? `the document (${access.code})` : undefined;
}
