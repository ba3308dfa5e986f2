import type { Job, Result } from './load/jobs.ts';
import { type AtGate, type LoadProcess, startLoad } from './load-process.ts';

/** Several load generators that pass each gate together: one alone has too few sockets, or too little time. */
export interface LoadCrowd {
  /** One job for each of them. @throws when one of them failed */
  run(jobs: readonly Job[], atGate: AtGate): Promise<readonly Result[]>;
  close(): Promise<void>;
}

export function startCrowd(count: number): LoadCrowd {
  const loads: readonly LoadProcess[] = Array.from({ length: count }, startLoad);
  return {
    run: (jobs, atGate) => {
      let waiting: (() => void)[] = [];
      let cpu = 0;
      const meet: AtGate = async (name, own) => {
        cpu += own;
        const everybody = new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
        if (waiting.length === loads.length) {
          const met = waiting;
          const used = cpu;
          waiting = [];
          cpu = 0;
          await atGate(name, used);
          for (const pass of met) pass();
        }
        await everybody;
      };
      return Promise.all(
        loads.map((load, index) => {
          const job = jobs[index];
          if (job === undefined) throw new Error('A load generator has no job.');
          return load.run(job, meet);
        }),
      );
    },
    close: async () => {
      await Promise.all(loads.map((load) => load.close()));
    },
  };
}
