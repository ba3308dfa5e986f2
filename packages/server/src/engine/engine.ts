import {
  type Connection,
  type ConnectionConfiguration,
  type Document,
  type Extension,
  Hocuspocus,
  type onStoreDocumentPayload,
} from '@hocuspocus/server';
import {
  type Address,
  DIRECTORY_ROOT,
  type Resource,
  SEGMENT_ROOT,
  type WeftError,
  parseAddress,
  resourceOf,
  streamName,
} from '@weft/protocol';
import type { Store } from '@weft/storage';
import * as Y from 'yjs';
import { recordMaker, recordResource } from '../auth/resources.ts';
import { Intake } from '../door/intake.ts';
import type { RootRule } from '../door/judge.ts';
import { DEFAULT_LIMITS, type DocumentLimits } from '../door/limits.ts';
import { type Logger, reasonOf } from '../logger.ts';
import type { Compactor } from './compactor.ts';
import { type Comparable, Comparer } from './comparer.ts';
import type { DocumentDigest } from './digest.ts';
import { type Meter, silentMeter } from '../telemetry/meter.ts';
import { secondsSince } from '../telemetry/metered.ts';
import type { Folder } from './folder.ts';
import { type ReadySnapshot, Snapshots } from './snapshots.ts';
import type { Audience } from './audience.ts';
import { Differences } from './differences.ts';
import { FanOut } from './fan-out.ts';
import { LOG_ORIGIN, type StreamContent, catchUp } from './load.ts';

/** What a socket gives the engine to hold: a plain object, since the engine copies it field by field. */
export interface EngineContext {
  readonly socket: EngineSocket;
}

/** What the engine asks of a socket. */
export interface EngineSocket {
  /** Whether the person on this socket may only read a document it opened. */
  readOnly(document: string): boolean;
  /** A document it opened is loaded and attached. */
  attached(connection: Connection): void;
}

/** The top-level types of each kind of document; a team's own documents may have any. */
const ROOTS: Readonly<Record<Address['kind'], RootRule>> = {
  document: undefined,
  workspace: new Set([DIRECTORY_ROOT]),
  conversation: new Set([SEGMENT_ROOT]),
};

/** Largest timer of Node: our gateway has its own liveness checks, the engine's idle timer must not fire. */
const NEVER_MS = 2 ** 31 - 1;

/**
 * The engine of one tenant: Hocuspocus with its persistence replaced by the log. It overrides public methods only.
 * Writes never come through its own message handling: the door commits them and applies them to its documents.
 */
export class Engine extends Hocuspocus<EngineContext> {
  readonly #tenant: string;
  readonly #store: Store;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #limits: DocumentLimits;
  readonly #compactor: Compactor;
  readonly #meter: Meter;
  readonly #snapshots: Snapshots;
  readonly #comparer: Comparer;
  readonly #audience: Audience;
  readonly #intakes = new WeakMap<Y.Doc, Intake>();
  readonly #differences = new WeakMap<Y.Doc, Differences>();
  /** The doors of loaded documents, by stream. */
  readonly #streams = new Map<string, Intake>();
  /** Documents handed out and not attached yet, with how often: they must not be unloaded in between. */
  readonly #pinned = new Map<string, number>();

  constructor(options: {
    readonly tenant: string;
    readonly store: Store;
    readonly logger: Logger;
    readonly now: () => number;
    readonly compactor: Compactor;
    readonly audience: Audience;
    /** Computes the digests of large documents; default: the event loop does. */
    readonly folder?: Pick<Folder, 'digest'>;
    readonly limits?: DocumentLimits;
    readonly meter?: Meter;
  }) {
    super();
    this.#tenant = options.tenant;
    this.#store = options.store;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#compactor = options.compactor;
    this.#audience = options.audience;
    this.#meter = options.meter ?? silentMeter;
    this.#snapshots = new Snapshots(options.store.log);
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#comparer = new Comparer({
      log: options.store.log,
      folder: options.folder ?? {},
      logger: options.logger,
      now: options.now,
      mend: (document) => this.#mend(document),
    });
    // Without `configure`, none of Hocuspocus's default hooks is registered: each costs a promise per message.
    this.configuration.quiet = true;
    this.configuration.timeout = NEVER_MS;
    const hooks: Extension<EngineContext> = {
      // It is for documents within others. To draw one costs a tenth of a millisecond at each loading.
      onCreateDocument: async () => ({ guid: 'engine' }),
      onAuthenticate: async ({ context, documentName, connectionConfig }) => {
        connectionConfig.readOnly = context.socket.readOnly(documentName);
      },
      connected: async ({ context, connection }) => context.socket.attached(connection),
    };
    this.configuration.extensions.push(hooks);
  }

  /** The door of a loaded document. @throws Error when the document did not come from this engine */
  intake(document: Y.Doc): Intake {
    const intake = this.#intakes.get(document);
    if (intake === undefined) throw new Error('The document has no door.');
    return intake;
  }

  /**
   * What the sender of a state vector lacks of a loaded document.
   * @throws what Yjs throws for bytes that are no state vector
   */
  difference(document: Y.Doc, stateVector: Uint8Array): Uint8Array {
    let differences = this.#differences.get(document);
    if (differences === undefined) {
      differences = new Differences(document);
      this.#differences.set(document, differences);
    }
    return differences.from(stateVector);
  }

  /** The stored snapshot of a document, for a newcomer who has nothing; `undefined` where the engine's own answer will do. */
  async snapshot(name: string): Promise<ReadySnapshot | undefined> {
    const address = parseAddress(name);
    return address && this.#snapshots.get(streamName(this.#tenant, address));
  }

  /** A client said what its replica of a loaded document holds; resolves with what the log holds, where that is known. */
  compare(document: Document, said: DocumentDigest): Promise<DocumentDigest | undefined> {
    const { stream, number } = this.intake(document);
    return this.#comparer.compare({ name: document.name, stream, doc: document, number }, said);
  }

  /** How often a replica was found to differ from the log. */
  get diverged(): number {
    return this.#comparer.found;
  }

  /**
   * Lets go of a loaded document that reads differently from the log. Its updates are folded first: loaded one by one
   * they would read so again. Whoever has it open is told to open it anew.
   */
  async #mend({ name, stream }: Comparable): Promise<void> {
    await this.#compactor.fold(stream);
    this.closeConnections(name);
    this.#unloadIfIdle(name);
  }

  /**
   * A newcomer is being sent the snapshot. Loading a document keeps the event loop for as long as the document is large:
   * it waits for newcomers, for a moment.
   */
  serving(name: string, newcomer: Promise<unknown>): void {
    const address = parseAddress(name);
    if (address !== undefined) this.#snapshots.serving(streamName(this.#tenant, address), newcomer);
  }

  /** Resolves when all who come for a document's snapshot just now are served, or after a moment. */
  async served(name: string): Promise<void> {
    const address = parseAddress(name);
    if (address !== undefined) await this.#snapshots.served(streamName(this.#tenant, address));
  }

  /** A stream of this tenant was folded: its document, if it is open, counts its size anew. */
  folded(stream: string, upTo: number, snapshotBytes: number): void {
    this.#streams.get(stream)?.folded(upTo, snapshotBytes);
  }

  /** Whether any document has a write under way. */
  get busy(): boolean {
    for (const document of this.documents.values()) {
      if (this.#intakes.get(document)?.busy === true) return true;
    }
    return false;
  }

  /**
   * Shows a committed update that did not come through a document's own door (a segment's) to whoever has the
   * document open. One that is just being loaded may have read the log before the commit: it is awaited.
   */
  async show(name: string, update: Uint8Array): Promise<void> {
    const document = this.documents.get(name) ?? (await this.loadingDocuments.get(name));
    if (document !== undefined && !document.isDestroyed) {
      Y.applyUpdate(document, update, LOG_ORIGIN);
    }
  }

  /** Brings an open document up to the log: a commit whose outcome was not known may have put something there. */
  async reread(name: string): Promise<void> {
    const document = this.documents.get(name) ?? (await this.loadingDocuments.get(name));
    if (document !== undefined && !document.isDestroyed) {
      await this.#intakes.get(document)?.catchUp();
    }
  }

  /**
   * Hocuspocus can hand out a document that it unloads before the newcomer is attached: edits would be acked,
   * shown to nobody and lost. A document is pinned until the newcomer had a turn to attach.
   */
  override async createDocument(
    documentName: string,
    request: Request,
    socketId: string,
    connection: ConnectionConfiguration,
    context?: EngineContext,
  ): Promise<Document> {
    this.#pinned.set(documentName, (this.#pinned.get(documentName) ?? 0) + 1);
    try {
      for (;;) {
        const document = await super.createDocument(
          documentName,
          request,
          socketId,
          connection,
          context,
        );
        if (!document.isDestroyed) return document;
      }
    } finally {
      setImmediate(() => this.#unpin(documentName));
    }
  }

  /** Without its record a document has no owner, but belongs to the main workspace all the same. */
  #record(resource: Resource, owner: string): void {
    recordResource(this.#store.registry, this.#tenant, resource, owner, this.#now()).catch(
      (error: unknown) => {
        this.#logger.error('A resource could not be recorded.', { reason: reasonOf(error) });
      },
    );
  }

  /** What was written first may have been committed without anybody being told. Segments are the conversation's. */
  #recordMaker(address: Address): void {
    if (address.kind !== 'document') return;
    recordMaker(this.#store, this.#tenant, address).catch((error: unknown) => {
      this.#logger.error('A resource could not be recorded.', { reason: reasonOf(error) });
    });
  }

  #unpin(name: string): void {
    const count = (this.#pinned.get(name) ?? 1) - 1;
    if (count > 0) this.#pinned.set(name, count);
    else this.#pinned.delete(name);
    this.#unloadIfIdle(name);
  }

  #unloadIfIdle(name: string): void {
    const document = this.documents.get(name);
    if (document === undefined || !this.shouldUnloadDocument(document)) return;
    this.unloadDocument(document).catch((error: unknown) => {
      this.#logger.error('A document could not be unloaded.', { name, reason: reasonOf(error) });
    });
  }

  override shouldUnloadDocument(document: Document): boolean {
    return (
      !this.#pinned.has(document.name) &&
      this.#intakes.get(document)?.busy !== true &&
      super.shouldUnloadDocument(document)
    );
  }

  override async loadDocument(
    documentName: string,
    request: Request,
    socketId: string,
    connection: ConnectionConfiguration,
    context?: EngineContext,
  ): Promise<Document> {
    const address = parseAddress(documentName);
    // oxlint-disable-next-line typescript/only-throw-error -- see DeniedError: an Error would be printed
    if (address === undefined) throw new DeniedError('name-invalid');
    const document = await super.loadDocument(documentName, request, socketId, connection, context);
    document.on('afterTransaction', stopCleanup);
    // The engine's own listener makes a URL, headers and a chain of promises for each update, for hooks that we have not.
    document.onUpdate(() => undefined);
    const fanOut = new FanOut(document, this.#audience);
    const stream = streamName(this.#tenant, address);
    const start = performance.now();
    let content: StreamContent;
    try {
      await this.#snapshots.served(stream);
      content = await catchUp(this.#store.log, stream, document, 0);
      this.#meter.load('loaded', secondsSince(start));
    } catch (error) {
      this.#meter.load('failed', secondsSince(start));
      document.destroy();
      this.#logger.error('A document could not be loaded.', {
        documentName,
        reason: reasonOf(error),
      });
      // oxlint-disable-next-line typescript/only-throw-error -- see DeniedError: an Error would be printed
      throw new DeniedError('storage-failed');
    }
    // What was just loaded waits in the document for its next broadcast: the first newcomer would get it twice.
    document.flush();
    const intake = new Intake({
      doc: document,
      log: this.#store.log,
      stream,
      content,
      rules: { limits: this.#limits, roots: ROOTS[address.kind] },
      recoveryUntil: this.#store.identity.recoveryUntil,
      now: this.#now,
      idle: () => this.#unloadIfIdle(documentName),
      show: (update, origin, apply) => fanOut.show(update, origin, apply),
      grown: (weight) => this.#compactor.consider(stream, weight),
      created: (principal) => this.#record(resourceOf(address), principal),
      found: () => this.#recordMaker(address),
    });
    if (content.number > 0) this.#recordMaker(address);
    this.#intakes.set(document, intake);
    this.#streams.set(stream, intake);
    document.once('destroy', () => {
      if (this.#streams.get(stream) === intake) this.#streams.delete(stream);
    });
    return document;
  }

  /** The log holds everything before the engine sees it: there is nothing to store later. */
  override storeDocumentHooks(
    _document: Document,
    _payload: onStoreDocumentPayload<EngineContext>,
  ): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * After concurrent formatting Yjs deletes redundant marks by itself, on every replica that applies it, with origin
 * `null`: on a server these writes would pass no door. Nobody edits in the engine, so it never has to clean up.
 */
function stopCleanup(transaction: Y.Transaction): void {
  transaction._needFormattingCleanup = false;
}

/** What the engine answers with when it cannot open a document; it puts `reason` into the frame and logs nothing. */
class DeniedError {
  readonly reason: WeftError['code'];
  /** Empty on purpose: Hocuspocus prints errors that have a message. */
  readonly message = '';

  constructor(reason: WeftError['code']) {
    this.reason = reason;
  }
}
