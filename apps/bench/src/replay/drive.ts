import type { Writer } from './writer.ts';

/** Keeps one writer going, and out of the others' way. */
export interface Drive {
  /** Something that the writer may wait for has happened. Cheap, and may be called from anywhere. */
  readonly wake: () => void;
  readonly stop: () => void;
}

/** Milliseconds after which a writer gives the event loop back, so that sockets are read in between. */
const SLICE = 5;

/** @param done called once, when the last transaction was made */
export function driveWriter(options: {
  readonly writer: Writer;
  readonly clock: () => number;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}): Drive {
  const { writer, clock, done, failed } = options;
  let turn: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  const wake = () => {
    if (!ended) turn ??= setImmediate(run);
  };
  const run = () => {
    turn = undefined;
    clearTimeout(timer);
    // A step may wake its own writer, so a turn may be left over from before the end.
    if (ended) return;
    try {
      const until = clock() + SLICE;
      for (;;) {
        const state = writer.state();
        if (state.state === 'early') {
          timer = setTimeout(wake, Math.max(0, state.at - clock()));
          return;
        }
        if (state.state === 'done') {
          ended = true;
          done();
          return;
        }
        if (state.state !== 'ready') return;
        if (clock() > until) {
          wake();
          return;
        }
        writer.step();
      }
    } catch (error) {
      ended = true;
      failed(error);
    }
  };
  return {
    wake,
    stop: () => {
      ended = true;
      clearImmediate(turn);
      clearTimeout(timer);
    },
  };
}
