import type { AtGate } from './load-process.ts';
import { machineBusy } from './machine.ts';
import type { ServerChild } from './server-child.ts';
import type { Usage } from './servers/messages.ts';

interface Reading {
  readonly at: number;
  readonly usage: Usage;
  readonly load: number;
  readonly own: number;
  readonly machine: number;
}

/** What was used between the first and the last gate of a job. */
export interface Gauged {
  /** Milliseconds of CPU of the server. */
  readonly cpu: number;
  /** Its resident bytes at the end. */
  readonly rss: number;
  /** Bytes of its heap, and of buffers outside of it: the most at any gate but the first. */
  readonly held: number;
  readonly loopDelay: Usage['loopDelay'];
  /** Where the time of edits went, if it was counted. */
  readonly stages?: Usage['stages'];
  /** Processors that were kept busy by anything that is not part of the benchmark. */
  readonly others: number;
}

/**
 * Reads the server, the load generator and the machine at each gate of a job.
 * @param collect whether memory is read without its garbage
 */
export function gauge(
  server: ServerChild,
  { collect = false }: { readonly collect?: boolean } = {},
): {
  readonly atGate: AtGate;
  /** @throws when the job passed fewer than two gates */
  result(): Gauged;
} {
  const readings: Reading[] = [];
  return {
    atGate: async (_name, load) => {
      const usage = await server.usage(collect);
      const { user, system } = process.cpuUsage();
      const own = (user + system) / 1000;
      readings.push({ at: performance.now(), usage, load, own, machine: machineBusy() });
    },
    result: () => {
      const first = readings[0];
      const last = readings.at(-1);
      if (first === undefined || last === undefined || first === last) {
        throw new Error('The job passed too few gates.');
      }
      const cpu = last.usage.cpu - first.usage.cpu;
      const ours = cpu + last.load - first.load + last.own - first.own;
      const others = (last.machine - first.machine - ours) / (last.at - first.at);
      const { rss, loopDelay, stages } = last.usage;
      const held = Math.max(...readings.slice(1).map(({ usage }) => usage.held));
      return {
        cpu,
        rss,
        held,
        loopDelay,
        others: Math.max(0, others),
        ...(stages === undefined ? {} : { stages }),
      };
    },
  };
}
