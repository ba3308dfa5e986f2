import type { DocumentStatus } from '@weft/client';
import type * as Y from 'yjs';
import { type Content, contentOf, docHolds } from '../content.ts';
import { streamOf } from './wire.ts';
import type { DurableLog } from './durable-log.ts';
import type { Violations } from './violations.ts';

interface Promised {
  /** What was done here, oldest first. */
  issued: Content[];
  /** How many of them the screen has called safe: on this device, or with the server. */
  local: number;
  /** What is made until the next reload may build on what the device has lost, and be of no use there without it. */
  shaky: boolean;
}

/** What one device did to its documents, and what it was told about that. */
export class DeviceLedger {
  readonly #name: string;
  readonly #violations: Violations;
  readonly #durable: DurableLog;
  readonly #documents = new Map<string, Promised>();

  constructor(name: string, violations: Violations, durable: DurableLog) {
    this.#name = name;
    this.#violations = violations;
    this.#durable = durable;
  }

  /** A change was made here. */
  issued(address: string, update: Uint8Array): void {
    this.#document(address).issued.push(contentOf(update));
  }

  /** The screen says this now. */
  told(address: string, status: DocumentStatus): void {
    const document = this.#document(address);
    if (status.state === 'unsaved') return;
    document.local = document.issued.length;
    if (status.state === 'stored') this.#expectDurable(address, 'was told stored of');
  }

  /** The tab was killed: what was not called safe may be gone, and what was, where its device has lost something. */
  killed(): void {
    for (const [address, document] of this.#documents) {
      const stream = streamOf(address);
      const safe = document.issued.slice(0, document.local);
      document.issued = document.shaky
        ? safe.filter((content) => this.#durable.holds(stream, content))
        : safe;
      document.local = document.issued.length;
    }
  }

  /** The device has lost something: what the server does not have may be gone, if no tab has it any more. */
  excuse(): void {
    for (const document of this.#documents.values()) document.shaky = true;
    this.killed();
  }

  /** A tab has read its device. */
  loaded(address: string, doc: Y.Doc): void {
    const document = this.#document(address);
    const stream = streamOf(address);
    if (document.shaky) {
      const has = (content: Content) =>
        docHolds(doc, content) || this.#durable.holds(stream, content);
      document.issued = document.issued.filter(has);
      document.local = document.issued.length;
      document.shaky = false;
    }
    const { issued, local } = document;
    const lost = issued
      .slice(0, local)
      .filter((content) => !docHolds(doc, content) && !this.#durable.holds(stream, content)).length;
    if (lost > 0) {
      this.#violations.add(
        'D2',
        `${this.#name} lost ${lost} local changes of ${address} by a reload`,
      );
    }
  }

  /** Everything is quiet, and all of it was called stored. */
  settle(): void {
    for (const address of this.#documents.keys()) this.#expectDurable(address, 'has, at the end,');
  }

  #expectDurable(address: string, said: string): void {
    const { issued } = this.#document(address);
    const missing = issued.filter((content) => !this.#durable.holds(streamOf(address), content));
    if (missing.length > 0) {
      this.#violations.add(
        'D2',
        `${this.#name} ${said} ${address}, and ${missing.length} of its changes are not durable`,
      );
    }
  }

  #document(address: string): Promised {
    const found = this.#documents.get(address);
    if (found !== undefined) return found;
    const made: Promised = { issued: [], local: 0, shaky: false };
    this.#documents.set(address, made);
    return made;
  }
}
