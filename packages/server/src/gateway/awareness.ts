import type { Connection, Document } from '@hocuspocus/server';
import { FrameReader, WeftError } from '@weft/protocol';
import type { Principal } from '../auth/principal.ts';
import { presenceWindow } from './presence-window.ts';

/** Characters of one awareness state: a cursor and a name, not a place to keep data. */
const STATE_MAX = 16_384;

/** States in one frame: a client speaks for itself, and for those it just took over from. */
const STATES_MAX = 64;

/** Which connection speaks for a client id, per document. */
const owners = new WeakMap<Document, Map<number, Connection>>();

/** One client's state in an awareness frame. */
interface State {
  readonly client: number;
  readonly clock: number;
  /** What its JSON says; `null` is a leave. */
  readonly state: unknown;
}

/** Says whether a client id is the principal's to show; a promise where the log has to be asked. */
export type Announce = (client: number) => boolean | Promise<boolean>;

/**
 * Applies an awareness frame to a document. Hocuspocus would decode it into a scratch document, drop clean leaves
 * and let any client overwrite any other's state; here a client id belongs to the connection that spoke for it
 * first, a leave stays a leave, the name shown is the authenticated one (law P4), and a client id that could be
 * written under is claimed before anybody sees it (law D7).
 * @param failed told when the log could not be asked, or what it granted could not be shown
 * @throws WeftError `frame-invalid` when the frame cannot be read
 */
export function applyAwareness(
  connection: Connection,
  principal: Principal,
  update: Uint8Array,
  announce: Announce,
  failed: (error: unknown) => void,
): void {
  const now: State[] = [];
  for (const state of readStates(update)) {
    const own = announce(state.client);
    if (own === true) {
      now.push(state);
    } else if (own !== false) {
      own
        .then((granted) => {
          if (granted && connection.document.hasConnection(connection)) {
            show(connection, principal, [state], failed);
          }
        })
        // The log does not answer, or the state cannot be shown: the next frame of this client asks again.
        .catch(failed);
    }
  }
  show(connection, principal, now, failed);
}

function readStates(update: Uint8Array): readonly State[] {
  const reader = new FrameReader(update);
  const count = reader.uint();
  if (count > STATES_MAX) throw new WeftError('frame-invalid', 'Too many awareness states.');
  const states: State[] = [];
  for (let index = 0; index < count; index += 1) {
    const client = reader.uint();
    const clock = reader.uint();
    const state = reader.string();
    if (state.length > STATE_MAX) {
      throw new WeftError('frame-invalid', 'An awareness state is too long.');
    }
    states.push({ client, clock, state: parse(state) });
  }
  return states;
}

/** Hands states on to everybody: those that this connection may speak for. */
function show(
  connection: Connection,
  principal: Principal,
  states: readonly State[],
  failed: (error: unknown) => void,
): void {
  const { document } = connection;
  const spoken = ownersOf(document);
  const kept = states.filter(({ client, state }) => {
    const owner = spoken.get(client);
    if (owner !== undefined && owner !== connection && document.hasConnection(owner)) return false;
    if (state !== null) spoken.set(client, connection);
    else if (!spoken.delete(client)) return false;
    return true;
  });
  if (kept.length === 0) return;
  const window = presenceWindow(document);
  for (const { client, clock, state } of kept) {
    window.add({
      connection,
      client,
      clock,
      leaves: state === null,
      state: () => stamped(state, principal),
      failed,
    });
  }
  window.pass(kept.some(({ state }) => state === null));
}

/** Forgets what a connection spoke for; the engine takes its states away. */
export function releaseAwareness(connection: Connection): void {
  const spoken = owners.get(connection.document);
  if (spoken === undefined) return;
  for (const [client, owner] of spoken) if (owner === connection) spoken.delete(client);
}

function ownersOf(document: Document): Map<number, Connection> {
  const found = owners.get(document);
  if (found !== undefined) return found;
  const made = new Map<number, Connection>();
  owners.set(document, made);
  return made;
}

/** The state with the person's authenticated name and `sub` in `user`, beside the colour they chose. */
function stamped(value: unknown, principal: Principal): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return JSON.stringify(value);
  }
  const user: unknown = 'user' in value ? value.user : undefined;
  const own = typeof user === 'object' && user !== null && !Array.isArray(user) ? user : {};
  return JSON.stringify({
    ...value,
    user: { ...own, name: principal.name, sub: principal.sub },
  });
}

function parse(state: string): unknown {
  try {
    return JSON.parse(state);
  } catch (cause) {
    throw new WeftError('frame-invalid', 'An awareness state is not JSON.', { cause });
  }
}
