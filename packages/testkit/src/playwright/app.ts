import type { Page } from '@playwright/test';

/** The app under test, as far as its tests have to know it. */
export interface App {
  /** Opens the app for somebody: goes to `origin`, signs in, opens the document. Resolves when it can be used. */
  readonly open: (page: Page, visit: Visit) => Promise<void>;
  /**
   * Where its documents are found. `exposed`, the default: the app calls `exposeForTest`. `tiptap`: in the Tiptap
   * editors that the page shows, for an app that cannot be changed, such as a built one.
   */
  readonly documents?: 'exposed' | 'tiptap';
  /** For `tiptap`: a selector of what the page shows once all changes are where the app promises them to be. */
  readonly settled?: string;
  /** What a person reads. Default: the editable elements, without carets. */
  readonly dom?: DomSource;
  /** Where the device keeps documents, if it does: they are compared too. */
  readonly device?: DeviceSource;
}

/** Somebody who opens the app. */
export interface Visit {
  readonly origin: string;
  readonly name: string;
  /** 0 for the first. */
  readonly index: number;
  /** Whether they were here before, on this device: after a crash, or in another tab. */
  readonly again: boolean;
}

export interface DomSource {
  readonly selector: string;
  /** What stands in there and is no content: carets, placeholders. */
  readonly ignore?: string;
}

/** Databases that hold Yjs updates, as bytes or as `{bytes, document}`. */
export interface DeviceSource {
  /** Which databases of the origin. */
  readonly database: RegExp;
  readonly store: string;
}

export const DEFAULT_DOM: DomSource = {
  selector: '[contenteditable=true]',
  ignore: '[class*=caret],[class*=cursor],[class*=placeholder]',
};

/** Where y-indexeddb keeps a document: the database has its name. */
export function yIndexeddbDevice(name: RegExp): DeviceSource {
  return { database: name, store: 'updates' };
}

/** Where `@weft/client` keeps documents. */
export const WEFT_DEVICE: DeviceSource = {
  database: /^weft:(?!.*:(files|search)$)/,
  store: 'updates',
};
