import { type ErrorCode, errorDefinition, isErrorCode } from '@weft/protocol';
import type { DeviceStore, Quarantined } from '@weft/storage';
import type { Refusal } from './api.ts';
import { type Signal, signal } from './observable.ts';
import type { Refused } from './sort-out.ts';

/** Refusals kept in view for the person to look at; the device keeps more, and shows them after a reload. */
const REFUSALS_MAX = 100;

export interface RefusalList {
  readonly list: Signal<readonly Refusal[]>;
  /** Something of a document cannot be had; told once while it is in the list. */
  failed(document: string, code: ErrorCode): void;
  /** Work was taken out of a document. Returns what the device is to keep of it. */
  add(document: string, work: readonly Refused[]): readonly Quarantined[];
  /** The device holds these: it found that it cannot read them. */
  found(entries: readonly Quarantined[]): void;
  /** Another tab has added or discarded some: the device knows. */
  refresh(): void;
  /** Resolves when the device has removed it. */
  discard(id: string): Promise<void>;
}

/** What could not be kept: what the device holds of it since earlier sessions, and what comes. */
export function refusalList(options: {
  readonly store: DeviceStore;
  /** UTC milliseconds. */
  readonly now: () => number;
  readonly newId: () => string;
  /** What the device holds of them has changed. */
  readonly changed: () => void;
}): RefusalList {
  const { store, now, newId, changed } = options;
  const list = signal<readonly Refusal[]>([]);
  const discarded = new Set<string>();
  /** Ids that were seen on the device. */
  const onDevice = new Set<string>();
  const show = (more: readonly Refusal[]) => {
    if (more.length > 0) list.set([...list.get(), ...more].slice(-REFUSALS_MAX));
  };
  const known = (earlier: readonly Quarantined[]) => {
    for (const { id } of earlier) onDevice.add(id);
    const present = new Set(list.get().map(({ id }) => id));
    const found = earlier.filter(({ id }) => !present.has(id) && !discarded.has(id)).map(toRefusal);
    if (found.length > 0) list.set([...found, ...list.get()].slice(-REFUSALS_MAX));
  };
  // A device that cannot be read has nothing to show; what is refused from now on is shown all the same.
  store.quarantined().then(known, () => undefined);
  const refresh = async (): Promise<void> => {
    const earlier = await store.quarantined().catch(() => undefined);
    if (earlier === undefined) return;
    known(earlier);
    // What the device had and has no more, another tab has discarded.
    const kept = new Set(earlier.map(({ id }) => id));
    const rest = list.get().filter(({ id }) => kept.has(id) || !onDevice.has(id));
    if (rest.length < list.get().length) list.set(rest);
  };

  return {
    list,
    refresh: () => void refresh(),
    failed: (document, code) => {
      const told = (one: Refusal) => one.document === document && one.code === code;
      if (list.get().some((one) => told(one) && one.bytes.length === 0)) return;
      const { message } = errorDefinition(code);
      const nothing = { text: '', bytes: new Uint8Array() };
      show([{ id: newId(), document, code, message, at: now(), ...nothing }]);
    },
    add: (document, work) => {
      const entries = work.map((one) => ({ ...one, id: newId(), document, at: now() }));
      show(entries);
      return entries;
    },
    found: known,
    discard: async (id) => {
      discarded.add(id);
      list.set(list.get().filter((one) => one.id !== id));
      await store.discard(id);
      changed();
    },
  };
}

function toRefusal(entry: Quarantined): Refusal {
  return { ...entry, code: isErrorCode(entry.code) ? entry.code : 'internal' };
}
