import { Editor, getSchema, type Extensions } from '@tiptap/core';
import { Collaboration } from '@tiptap/extension-collaboration';
import { Placeholder } from '@tiptap/extensions';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import { carets } from './carets.ts';
import { contentExtensions } from './extensions.ts';
import { createMirror, type Mirror } from './mirror.ts';
import { unknownNames, unknownNamesArrived } from './unknown-names.ts';

/** Who edits, as others see it. */
export interface EditorUser {
  readonly name: string;
  /** `#rrggbb`; see `personColor`. */
  readonly color: string;
  /** What names the person for ever, where there is such a thing: lets others show one avatar for many tabs. */
  readonly sub?: string;
}

export interface EditorOptions {
  readonly element: HTMLElement;
  /** The document; loaded before, or empty. */
  readonly doc: Y.Doc;
  /** The `Y.XmlFragment` of `doc` to edit; default `content`. */
  readonly field?: string;
  /** Where carets go; without it there are none. */
  readonly awareness?: Awareness;
  readonly user: EditorUser;
  readonly editable: boolean;
  /** Shown in an empty document. */
  readonly placeholder?: string;
  /** Accessible name; default `Document`. */
  readonly label?: string;
}

/** What the editor does with the document, and why. */
export type EditorMode =
  | { readonly state: 'editing' }
  /** Shows a copy; nothing here writes. */
  | { readonly state: 'reading' }
  /** Shows a copy, since the document holds what this editor has no names for and would delete (law D8). */
  | { readonly state: 'unknown-content'; readonly names: readonly string[] };

export interface DocumentEditor {
  readonly mode: EditorMode;
  /** The Tiptap editor; another one after each change of mode. */
  readonly tiptap: Editor;
  /** Calls back after each change of mode; returns the unsubscribe. */
  subscribe(listener: () => void): () => void;
  setEditable(editable: boolean): void;
  setUser(user: EditorUser): void;
  focus(): void;
  /** Takes the editor out of its element. Idempotent. */
  destroy(): void;
}

/**
 * Puts an editor for a Yjs document into an element. Opening writes nothing, whatever the document holds; a reader's
 * editor, and one that lacks a name that the document uses, is bound to a copy and cannot write at all.
 */
export function createEditor(options: EditorOptions): DocumentEditor {
  return new MountedEditor(options);
}

class MountedEditor implements DocumentEditor {
  mode: EditorMode;
  tiptap: Editor;
  private readonly options: EditorOptions;
  private readonly fragment: Y.XmlFragment;
  private readonly schema = getSchema(contentExtensions());
  private readonly listeners = new Set<() => void>();
  private mirror: Mirror | undefined;
  private editable: boolean;
  private open = true;

  constructor(options: EditorOptions) {
    this.options = options;
    this.editable = options.editable;
    this.fragment = options.doc.getXmlFragment(this.field);
    this.setUser(options.user);
    this.mode = this.chooseMode();
    this.tiptap = this.mount();
    options.doc.on('beforeObserverCalls', this.beforeObserverCalls);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  setEditable(editable: boolean): void {
    if (!this.open || editable === this.editable) return;
    this.editable = editable;
    this.remount(this.chooseMode());
  }

  setUser(user: EditorUser): void {
    const { awareness } = this.options;
    // A state set to null means "gone": `setLocalStateField` would leave it so.
    if (awareness !== undefined && awareness.getLocalState() === null) awareness.setLocalState({});
    awareness?.setLocalStateField('user', { ...user });
  }

  focus(): void {
    // At once: Tiptap's own command waits for a frame, and keys typed meanwhile would go elsewhere.
    this.tiptap.view.focus();
  }

  destroy(): void {
    if (!this.open) return;
    this.open = false;
    this.options.doc.off('beforeObserverCalls', this.beforeObserverCalls);
    this.unmount();
    this.listeners.clear();
  }

  private get field(): string {
    return this.options.field ?? 'content';
  }

  private chooseMode(): EditorMode {
    const names = unknownNames(this.fragment, this.schema);
    if (names.length > 0) return { state: 'unknown-content', names };
    return this.editable ? { state: 'editing' } : { state: 'reading' };
  }

  private mount(): Editor {
    const { element, doc, awareness, placeholder } = this.options;
    const editing = this.mode.state === 'editing';
    if (!editing) this.mirror = createMirror(doc);
    const extensions: Extensions = [
      ...contentExtensions(),
      Collaboration.configure({ document: this.mirror?.doc ?? doc, field: this.field }),
    ];
    if (placeholder !== undefined) extensions.push(Placeholder.configure({ placeholder }));
    if (awareness !== undefined) extensions.push(carets(awareness));
    return new Editor({
      element,
      extensions,
      editable: editing,
      // The styles are in style.css: a page under a content security policy may forbid injected ones.
      injectCSS: false,
      // As a node and not as the empty text: that is parsed as markup, which a page with Trusted Types does not let happen.
      content: { type: 'doc', content: [{ type: 'paragraph' }] },
      editorProps: {
        attributes: {
          class: 'weft-editor',
          role: 'textbox',
          'aria-multiline': 'true',
          'aria-label': this.options.label ?? 'Document',
          'aria-readonly': String(!editing),
        },
      },
    });
  }

  private unmount(): void {
    this.tiptap.destroy();
    this.mirror?.destroy();
    this.mirror = undefined;
  }

  private remount(mode: EditorMode): void {
    if (mode.state === this.mode.state && mode.state !== 'unknown-content') return;
    this.unmount();
    this.mode = mode;
    this.tiptap = this.mount();
    for (const listener of this.listeners) listener();
  }

  /**
   * A change that arrives may bring names that were not there at the mount. This runs before the binding sees
   * the change, which is the last moment to unbind it; afterwards it has deleted them.
   */
  private readonly beforeObserverCalls = (transaction: Y.Transaction): void => {
    if (this.mode.state !== 'editing') return;
    const names = unknownNamesArrived(transaction, this.fragment, this.schema);
    if (names.length > 0) this.remount({ state: 'unknown-content', names });
  };
}
