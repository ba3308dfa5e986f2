import type { Connection } from '@hocuspocus/server';
import {
  type Address,
  type ErrorCode,
  type Role,
  WeftError,
  encodePermissionDenied,
  mayWrite,
  parseAddress,
  resourceOf,
} from '@weft/protocol';
import type { Principal } from '../auth/principal.ts';
import { reasonOf } from '../logger.ts';
import { releaseAwareness } from './awareness.ts';
import { plainName } from './document-key.ts';
import type { Line } from './line.ts';
import type { Known } from './sign-in.ts';

/** Frames that may wait while a document opens. */
const OPENING_MAX_FRAMES = 1000;

/** Milliseconds for which a document stays open while its rights are asked anew: less than the second of law R3. */
const RECHECK_MS = 800;

/** Denied documents that are remembered, to be told of when they are given after all. */
const DENIED_MAX = 100;

export type OpenDocument = Opening | Opened;

/** Rights are being read (`role` is not known yet), or the engine loads. */
export interface Opening {
  readonly state: 'opening';
  readonly role: Role | undefined;
  readonly frames: Uint8Array[];
}

export interface Opened {
  readonly state: 'open';
  readonly role: Role;
  readonly connection: Connection;
}

/** Told of documents that opened and closed. */
export interface OpenDocumentsListener {
  opened(key: string, role: Role): void;
  /** What may be done in an open one has changed. */
  changed(key: string, role: Role): void;
  /** It is no longer among the open ones. */
  shut(key: string): void;
  /** A frame that waited for the document. */
  receive(frame: Uint8Array): void;
}

/** The documents that one socket has open, by the address that their frames bear. */
export class OpenDocuments {
  readonly #line: Line;
  readonly #listener: OpenDocumentsListener;
  readonly #documents = new Map<string, OpenDocument>();
  #denied: Set<string> | undefined;
  #closed = false;
  /** Of the one person on this socket. */
  #tenant = '';

  constructor(line: Line, listener: OpenDocumentsListener) {
    this.#line = line;
    this.#listener = listener;
  }

  get(key: string): OpenDocument | undefined {
    return this.#documents.get(key);
  }

  /** Whether nothing is open, or being opened. */
  get empty(): boolean {
    return this.#documents.size === 0;
  }

  /** A snapshot of the addresses. */
  get keys(): readonly string[] {
    return [...this.#documents.keys()];
  }

  /** Those that are open, with their connections to the engine. */
  get opened(): readonly (readonly [key: string, document: Opened])[] {
    return [...this.#documents].flatMap(([key, document]) =>
      document.state === 'open' ? [[key, document] as const] : [],
    );
  }

  /**
   * Whether a person has the rights now with which everything was opened. Of two roles that write the newer one is told:
   * whoever makes a document becomes its owner by the first write.
   */
  async unchanged(principal: Principal): Promise<boolean> {
    const { host } = this.#line;
    const each = [...this.#documents].map(async ([key, { role }]) => {
      const address = parseAddress(plainName(key));
      if (address === undefined || role === undefined) return false;
      const now = await host.roleOf(principal, resourceOf(address));
      if (now === role) return true;
      if (now === undefined || !mayWrite(now) || !mayWrite(role)) return false;
      this.#change(key, now);
      return true;
    });
    return (await Promise.all(each)).every((same) => same);
  }

  /** Whether the person on this socket may only read a document. */
  readOnly(name: string): boolean {
    for (const [key, { role }] of this.#documents) {
      if (plainName(key) !== name) continue;
      return role === undefined || !mayWrite(role) || isConversation(key);
    }
    return true;
  }

  /** Reads rights, then has the engine open a document; once it is open, reads the rights anew. */
  open(known: Known, key: string, frame: Uint8Array): void {
    const { host, wire } = this.#line;
    const address = parseAddress(plainName(key));
    if (address === undefined) {
      wire.send(encodePermissionDenied(key, 'name-invalid'));
      return;
    }
    const present = this.#documents.get(key);
    if (present?.state === 'open') {
      this.#ask(known, key);
      return;
    }
    if (present?.role === undefined && present !== undefined) return;
    if (present === undefined) {
      const refusal = this.#enter(known, address);
      if (refusal !== undefined) {
        wire.send(encodePermissionDenied(key, refusal));
        return;
      }
    }
    const opening: Opening = { state: 'opening', role: undefined, frames: present?.frames ?? [] };
    this.#documents.set(key, opening);
    host
      .roleOf(known.principal, resourceOf(address))
      .then(
        (role) => {
          // It may have been closed meanwhile, or rights were taken away while they were read.
          if (this.#closed || this.#documents.get(key) !== opening) return;
          if (role === undefined) {
            this.#deny(key, 'forbidden');
            return;
          }
          this.#denied?.delete(key);
          this.#documents.set(key, { state: 'opening', role, frames: [] });
          this.#tell(key, role);
          // Now that the rights are known, a question for everything need not wait for the engine. Other frames do.
          for (const each of opening.frames) this.#listener.receive(each);
          known.client.handleMessage(frame);
        },
        (error: unknown) => {
          if (!this.#closed && this.#documents.get(key) === opening) this.#denyFor(key, error);
        },
      )
      .catch((error: unknown) => this.#line.fail(error));
  }

  /**
   * Rights have changed: those of all documents that are open, or were denied, are asked anew. What is not answered in
   * time is closed: nobody goes on with rights that may be gone (law R3).
   */
  recheck(known: Known): void {
    for (const [key, document] of this.#documents) {
      // The answer that is on its way may be older than the change.
      if (document.role === undefined) this.#deny(key, 'rights-unavailable');
      else this.#ask(known, key);
    }
    for (const key of this.#denied ?? []) this.#askDenied(known, key);
  }

  #ask(known: Known, key: string): void {
    const address = parseAddress(plainName(key));
    if (address === undefined) return;
    const late = setTimeout(() => {
      try {
        this.#deny(key, 'rights-unavailable');
      } catch (error) {
        this.#line.fail(error);
      }
    }, RECHECK_MS);
    this.#line.host
      .roleOf(known.principal, resourceOf(address))
      .finally(() => clearTimeout(late))
      .then(
        (role) => {
          const document = this.#documents.get(key);
          if (this.#closed || document === undefined) return;
          if (role === undefined) this.#deny(key, 'forbidden');
          else if (role !== document.role) this.#change(key, role);
        },
        (error: unknown) => this.#denyFor(key, error),
      )
      .catch((error: unknown) => this.#line.fail(error));
  }

  #change(key: string, role: Role): void {
    const document = this.#documents.get(key);
    if (document === undefined) return;
    this.#documents.set(key, { ...document, role });
    this.#tell(key, role);
    if (document.state === 'open') this.#listener.changed(key, role);
  }

  #askDenied(known: Known, key: string): void {
    const address = parseAddress(plainName(key));
    if (address === undefined) return;
    this.#line.host
      .roleOf(known.principal, resourceOf(address))
      .then((role) => {
        if (this.#closed || role === undefined || this.#denied?.delete(key) !== true) return;
        // Of a segment too: it was closed, so that no head of its conversation says that it may be opened again.
        if (this.#line.speaksWeft) this.#line.send({ type: 'access', document: key, role });
      })
      .catch((error: unknown) => {
        this.#line.host.logger.error('Rights could not be read.', { reason: reasonOf(error) });
      });
  }

  /** Segments are read-only to everybody: there the conversation's head says the role. */
  #tell(document: string, role: Role): void {
    if (!this.#line.speaksWeft || isConversation(document)) return;
    this.#line.send({ type: 'access', document, role });
  }

  #denyFor(key: string, error: unknown): void {
    if (error instanceof WeftError) {
      this.#deny(key, error.code);
      return;
    }
    this.#line.host.logger.error('Rights could not be read.', { reason: reasonOf(error) });
    this.#deny(key, 'storage-failed');
  }

  #deny(key: string, code: ErrorCode): void {
    const document = this.#documents.get(key);
    if (this.#closed || document === undefined) return;
    if (document.state === 'open') document.connection.close();
    this.#delete(key);
    // What is kept for a cut client may hold what it must not read any more.
    this.#line.wire.barrier?.();
    if (code === 'forbidden' && (this.#denied?.size ?? 0) < DENIED_MAX) {
      this.#denied ??= new Set();
      this.#denied.add(key);
    }
    this.#line.wire.send(encodePermissionDenied(key, code));
  }

  /** The engine has loaded and attached a document. */
  attached(connection: Connection): void {
    const key = connection.messageAddress;
    const document = this.#documents.get(key);
    if (document === undefined || document.role === undefined) {
      connection.close();
      return;
    }
    const frames = document.state === 'opening' ? document.frames : [];
    this.#documents.set(key, { state: 'open', role: document.role, connection });
    connection.onClose(() => {
      releaseAwareness(connection);
      const current = this.#documents.get(key);
      if (current?.state !== 'open' || current.connection !== connection) return;
      this.#delete(key);
      this.#listener.shut(key);
    });
    this.#listener.opened(key, document.role);
    for (const frame of frames) this.#listener.receive(frame);
  }

  /** The socket is gone. */
  close(): void {
    this.#closed = true;
    const keys = [...this.#documents.keys()];
    for (const key of keys) this.#delete(key);
    for (const key of keys) this.#listener.shut(key);
  }

  /** Whether there may be one more document here, and one more socket in the document. */
  #enter({ principal: { tenant } }: Known, address: Address): ErrorCode | undefined {
    const { admission } = this.#line.host;
    if (this.#documents.size >= admission.limits.documentsPerSocket) {
      admission.refused('too-many-documents');
      return 'too-many-documents';
    }
    this.#tenant = tenant;
    return admission.enterDocument(tenant, address) ? undefined : 'document-full';
  }

  #delete(key: string): void {
    const address = parseAddress(plainName(key));
    if (!this.#documents.delete(key) || address === undefined) return;
    this.#line.host.admission.leaveDocument(this.#tenant, address);
  }
}

/** @throws WeftError `frame-invalid` when too many frames wait for a document to open */
export function holdBack(document: Opening, frame: Uint8Array): void {
  if (document.frames.length >= OPENING_MAX_FRAMES) {
    throw new WeftError('frame-invalid', 'Too many frames for a document that is not open.');
  }
  document.frames.push(frame);
}

function isConversation(key: string): boolean {
  return parseAddress(plainName(key))?.kind === 'conversation';
}
