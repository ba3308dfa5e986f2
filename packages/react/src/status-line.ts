import type { ConnectionStatus, DeviceState, DocumentStatus, Observable } from '@weft/client';
import { type StatusWords, statusWords } from './status-words.ts';

/** Calls back after `ms` milliseconds; returns the cancel. */
export type Timer = (ms: number, fire: () => void) => () => void;

export interface StatusLineSources {
  readonly connection: Observable<ConnectionStatus>;
  readonly document: Observable<DocumentStatus>;
  /** Whether the device keeps what is made; default: it does. */
  readonly device?: Observable<DeviceState>;
  /** Refused changes that the person has not looked at; default none. */
  readonly refused?: Observable<number>;
}

/** Milliseconds. */
export const PATIENCE = {
  /** Without a connection before the word *offline*: most cuts heal sooner. */
  offline: 2000,
  /** Not on the device before *Saving…*: a key press is there in a few. */
  saving: 300,
  /** All stored before *Stored* is said again: while somebody types it would flicker at every key. */
  stored: 250,
} as const;

type Wait = keyof typeof PATIENCE;

/**
 * `statusWords` in time. *Stored* is taken back in the same turn in which it stops being true, and said again only
 * after a moment of rest: every delay errs to the side of claiming less (law D2).
 * It listens to its sources while somebody listens to it.
 */
export function createStatusLine(
  { connection, document, device, refused }: StatusLineSources,
  timer: Timer,
): Observable<StatusWords> {
  const listeners = new Set<() => void>();
  const waits = new Map<Wait, () => void>();
  const passed = new Set<Wait>();
  let shown: StatusWords | undefined;
  let leave: (() => void)[] = [];

  const wait = (name: Wait, while_: boolean): void => {
    if (!while_) {
      waits.get(name)?.();
      waits.delete(name);
      passed.delete(name);
    } else if (listeners.size > 0 && !passed.has(name) && !waits.has(name)) {
      waits.set(
        name,
        timer(PATIENCE[name], () => {
          waits.delete(name);
          passed.add(name);
          evaluate();
        }),
      );
    }
  };

  const choose = (): StatusWords => {
    const link = connection.get();
    const work = document.get();
    const cut = ['offline', 'connecting', 'waiting', 'queued'].includes(link.state);
    wait('offline', cut);
    wait('saving', work.state === 'unsaved');
    wait('stored', work.state === 'stored');
    let said: ConnectionStatus = link;
    if (cut && !passed.has('offline')) said = { state: 'online' };
    else if (link.state === 'connecting') said = { state: 'offline' };
    const words = statusWords({
      connection: said,
      document: work,
      device: device?.get(),
      refused: refused?.get(),
    });
    if (words.status === 'unsaved' && !passed.has('saving')) {
      // Nothing that could be said here is true yet, but for words that claim no more than before.
      return shown === undefined || shown.status === 'stored'
        ? { status: 'unsaved', text: '' }
        : shown;
    }
    if (words.status === 'stored' && !passed.has('stored') && shown?.status === 'local') {
      // Of a device that was just read, nothing was said that could flicker.
      return shown.text === '' ? words : shown;
    }
    return words;
  };

  const evaluate = (): void => {
    const next = choose();
    if (next.status === shown?.status && next.text === shown.text) return;
    shown = next;
    for (const listener of listeners) listener();
  };

  return {
    get() {
      if (listeners.size === 0) {
        const next = choose();
        if (next.status !== shown?.status || next.text !== shown.text) shown = next;
      }
      return (shown ??= choose());
    },
    subscribe(listener) {
      listeners.add(listener);
      if (listeners.size === 1) {
        const sources = [connection, document, device, refused];
        leave = sources.flatMap((source) =>
          source === undefined ? [] : [source.subscribe(evaluate)],
        );
        evaluate();
      }
      return () => {
        if (!listeners.delete(listener) || listeners.size > 0) return;
        for (const stop of [...leave, ...waits.values()]) stop();
        leave = [];
        waits.clear();
        passed.clear();
      };
    },
  };
}
