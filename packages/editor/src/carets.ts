import { Extension } from '@tiptap/core';
import { Plugin, PluginKey } from '@tiptap/pm/state';
import { yCursorPlugin } from '@tiptap/y-tiptap';
import type { Awareness } from 'y-protocols/awareness';

/** Milliseconds that a caret keeps its name after a move; after that only the colour stays. */
export const NAME_SHOWN_MS = 2000;

const COLOR = /^#[0-9a-fA-F]{6}$/;
const NEUTRAL = '#62656b';
const NAME_MAX = 64;

interface Person {
  readonly name: string;
  readonly color: string;
}

/** What an awareness state says of its person; anything may stand in it, since others write it. */
function personIn(user: unknown): Person {
  const fields = isRecord(user) ? user : {};
  const { name, color } = fields;
  return {
    name: typeof name === 'string' && name.trim() !== '' ? name.slice(0, NAME_MAX) : 'Someone',
    color: typeof color === 'string' && COLOR.test(color) ? color : NEUTRAL,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Whether a position is one that Yjs can resolve: a malformed one would throw inside every reader's editor. */
function isPosition(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { type, item, tname, assoc } = value;
  return (
    [type, item].every((id) => id === undefined || id === null || isStructId(id)) &&
    (tname === undefined || tname === null || typeof tname === 'string') &&
    (assoc === undefined || typeof assoc === 'number') &&
    [type, item, tname].some((anchor) => anchor !== undefined && anchor !== null)
  );
}

function isStructId(value: unknown): boolean {
  return isRecord(value) && isCount(value['client']) && isCount(value['clock']);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Where a state's caret is, as text to compare; `undefined` without one that can be drawn. */
function caretPosition(state: unknown): string | undefined {
  if (!isRecord(state) || !isRecord(state['cursor'])) return undefined;
  const { anchor, head } = state['cursor'];
  if (!isPosition(anchor) || !isPosition(head)) return undefined;
  return JSON.stringify([anchor, head]);
}

/**
 * Which carets show their name. The elements are drawn anew at will by ProseMirror, so the truth is kept here and
 * put on whichever element is the present one.
 */
class CaretNames {
  private readonly elements = new Map<number, HTMLElement>();
  private readonly positions = new Map<number, string>();
  private readonly shown = new Map<number, ReturnType<typeof setTimeout>>();

  draw(clientId: number, person: Person): HTMLElement {
    const caret = document.createElement('span');
    caret.className = 'weft-caret';
    caret.style.setProperty('--weft-person', person.color);
    caret.dataset['client'] = String(clientId);
    const label = document.createElement('span');
    label.className = 'weft-caret-name';
    label.textContent = person.name;
    // The word joiners keep the caret from becoming a place where a line may break.
    caret.append('\u2060', label, '\u2060');
    this.elements.set(clientId, caret);
    if (this.shown.has(clientId)) caret.dataset['named'] = '';
    return caret;
  }

  /** Takes the states after a change; whoever's caret moved shows the name for a while. */
  moved(clientIds: readonly number[], states: ReadonlyMap<number, unknown>): void {
    for (const clientId of clientIds) {
      const position = caretPosition(states.get(clientId));
      const before = this.positions.get(clientId);
      if (position === undefined) this.forget(clientId);
      else this.positions.set(clientId, position);
      if (position !== undefined && position !== before) this.show(clientId);
    }
  }

  destroy(): void {
    for (const clientId of [...this.positions.keys(), ...this.shown.keys()]) this.forget(clientId);
    this.elements.clear();
  }

  private show(clientId: number): void {
    clearTimeout(this.shown.get(clientId));
    this.shown.set(
      clientId,
      setTimeout(() => {
        this.shown.delete(clientId);
        delete this.elements.get(clientId)?.dataset['named'];
      }, NAME_SHOWN_MS),
    );
    const element = this.elements.get(clientId);
    if (element !== undefined) element.dataset['named'] = '';
  }

  private forget(clientId: number): void {
    clearTimeout(this.shown.get(clientId));
    this.shown.delete(clientId);
    this.positions.delete(clientId);
    this.elements.delete(clientId);
  }
}

/**
 * Others' carets and selections. Reads `user {name, color}` and `cursor` of every awareness state but its own, and
 * writes `cursor` of its own.
 */
export function carets(awareness: Awareness): Extension {
  return Extension.create({
    name: 'weftCarets',
    priority: 999,
    addProseMirrorPlugins() {
      const names = new CaretNames();
      const listener = new Plugin({
        key: new PluginKey('weftCaretNames'),
        view: () => {
          const onChange = (change: { added: number[]; updated: number[]; removed: number[] }) =>
            names.moved(
              [...change.added, ...change.updated, ...change.removed],
              awareness.getStates(),
            );
          awareness.on('change', onChange);
          return {
            destroy() {
              awareness.off('change', onChange);
              names.destroy();
            },
          };
        },
      });
      const drawing: unknown = yCursorPlugin(awareness, {
        // By the awareness, not the document: a mirror has another client id than its source.
        awarenessStateFilter: (_own: unknown, clientId: unknown, state: unknown) =>
          clientId !== awareness.clientID && caretPosition(state) !== undefined,
        cursorBuilder: (user: unknown, clientId: number) => names.draw(clientId, personIn(user)),
        selectionBuilder: (user: unknown) => ({
          class: 'weft-selection',
          style: `--weft-person: ${personIn(user).color}`,
        }),
      });
      if (!(drawing instanceof Plugin)) {
        throw new TypeError('Two copies of prosemirror-state are in this page; keep one.');
      }
      return [listener, drawing];
    },
  });
}
