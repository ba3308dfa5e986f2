import * as v from 'valibot';
import { type Job, type Report, type Result, toldSchema } from './jobs.ts';
import { runCarets } from './carets.ts';
import { runIdle } from './idle.ts';
import { runMerge } from './merge.ts';
import { runMissed } from './missed.ts';
import { runOpen } from './open.ts';
import { runRead } from './read.ts';
import { runReturn } from './return.ts';
import { runStampede } from './stampede.ts';
import { runStopped } from './stopped.ts';
import { runTalk } from './talk.ts';
import { runTrace } from './trace.ts';
import { runTyping } from './typing.ts';
import { runUpload } from './upload.ts';

/** The load generator: a process of its own, so that it takes no time from the server that it measures. */
let pass: () => void = () => undefined;

function gate(name: string): Promise<void> {
  return new Promise((resolve) => {
    pass = resolve;
    const { user, system } = process.cpuUsage();
    report({ type: 'gate', name, cpu: (user + system) / 1000 });
  });
}

function run(job: Job): Promise<Result> {
  switch (job.type) {
    case 'typing':
      return runTyping(job, gate);
    case 'carets':
      return runCarets(job, gate);
    case 'stampede':
      return runStampede(job, gate);
    case 'upload':
      return runUpload(job);
    case 'open':
      return runOpen(job, gate);
    case 'merge':
      return runMerge(job, gate);
    case 'trace':
      return runTrace(job);
    case 'return':
      return runReturn(job, gate);
    case 'idle':
      return runIdle(job, gate);
    case 'stopped':
      return runStopped(job, gate);
    case 'talk':
      return runTalk(job, gate);
    case 'missed':
      return runMissed(job, gate);
    case 'read':
      return runRead(job);
    default: {
      const unreachable: never = job;
      throw new Error(`Unknown job: ${JSON.stringify(unreachable)}`);
    }
  }
}

function report(message: Report): void {
  process.send?.(message);
}

process.on('message', (message: unknown) => {
  const told = v.parse(toldSchema, message);
  if (told.type === 'pass') {
    pass();
    return;
  }
  run(told.job).then(
    (result) => report({ type: 'done', result }),
    (error: unknown) => {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      report({ type: 'failed', reason });
    },
  );
});
process.on('disconnect', () => process.exit());
