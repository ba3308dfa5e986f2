import * as v from 'valibot';
import type { Said, Stages, Start } from './messages.ts';
import { askedSchema } from './messages.ts';
import { type LoopDelay, watchLoopDelay } from './loop-delay.ts';

/** A server that listens on 127.0.0.1. */
export interface Served {
  readonly port: number;
  /** Where the time of edits went since the last call, if it counts that. */
  stages?(): Stages;
  /** Lets it store what it holds, and ends it. */
  close(): Promise<void>;
}

/**
 * Runs a server in this process for the benchmark that forked it: starts it, says what it used, stops it. A process
 * whose benchmark is gone ends.
 */
export function host(start: (options: Start) => Promise<Served>): void {
  let served: Served | undefined;
  let loopDelay: LoopDelay | undefined;

  const fail = (error: unknown) => {
    say({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    process.disconnect();
  };

  process.on('message', (message: unknown) => {
    const asked = v.parse(askedSchema, message);
    switch (asked.type) {
      case 'start':
        if (asked.watchLoop) loopDelay = watchLoopDelay();
        start(asked).then((made) => {
          served = made;
          say({ type: 'ready', port: made.port });
        }, fail);
        return;
      case 'usage': {
        const { user, system } = process.cpuUsage();
        // Twice: what the first one lets go may have held what lies outside of the heap.
        if (asked.collect) {
          collectGarbage();
          collectGarbage();
        }
        const { rss, heapUsed, external } = process.memoryUsage();
        const stages = served?.stages?.();
        say({
          type: 'usage',
          cpu: (user + system) / 1000,
          rss,
          held: heapUsed + external,
          loopDelay: loopDelay?.take() ?? { p50: 0, p99: 0, max: 0 },
          ...(stages === undefined ? {} : { stages }),
        });
        return;
      }
      case 'stop':
        (served?.close() ?? Promise.resolve()).then(() => process.exit(0), fail);
        return;
      default: {
        const unreachable: never = asked;
        throw new Error(`Unknown: ${JSON.stringify(unreachable)}`);
      }
    }
  });
  process.on('disconnect', () => process.exit());
}

/** @throws where the process was not started with `--expose-gc` */
function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('Garbage cannot be collected here.');
  globalThis.gc();
}

function say(message: Said): void {
  process.send?.(message);
}
