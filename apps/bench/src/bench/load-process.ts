import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { type Job, type Result, type Told, reportSchema } from './load/jobs.ts';

/** The result that a job of this type has. */
export type ResultOf<Type extends Job['type']> = Extract<Result, { readonly type: Type }>;

/** What to do at a job's gates; the generator waits for it. @param cpu milliseconds of CPU that it has used */
export type AtGate = (name: string, cpu: number) => Promise<void>;

/** The load generator's process. One job at a time. */
export interface LoadProcess {
  /** @throws when the job failed; its own words are in the message */
  run<Type extends Job['type']>(
    job: Job & { readonly type: Type },
    atGate?: AtGate,
  ): Promise<ResultOf<Type>>;
  close(): Promise<void>;
}

export function startLoad(): LoadProcess {
  const entry = fileURLToPath(new URL('./load/main.ts', import.meta.url));
  const child: ChildProcess = fork(entry, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const reap = () => child.kill('SIGKILL');
  process.once('exit', reap);
  let failed: ((error: Error) => void) | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      process.off('exit', reap);
      failed?.(new Error('The load generator ended.'));
      resolve();
    });
  });
  const tell = (message: Told) => void child.send(message);
  return {
    run: (job, atGate = async () => undefined) =>
      new Promise((resolve, reject) => {
        const end = () => {
          failed = undefined;
          child.off('message', listen);
        };
        const fail = (error: Error) => {
          end();
          reject(error);
        };
        failed = fail;
        const listen = (message: unknown) => {
          const said = v.parse(reportSchema, message);
          if (said.type === 'gate') {
            atGate(said.name, said.cpu).then(() => tell({ type: 'pass' }), fail);
            return;
          }
          end();
          if (said.type === 'failed') reject(new Error(`${job.type}: ${said.reason}`));
          else if (isResultOf(said.result, job.type)) resolve(said.result);
          else reject(new Error(`A job of type ${job.type} ended as ${said.result.type}.`));
        };
        child.on('message', listen);
        tell({ type: 'job', job });
      }),
    close: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

function isResultOf<Type extends Job['type']>(
  result: Result,
  type: Type,
): result is ResultOf<Type> {
  return result.type === type;
}
