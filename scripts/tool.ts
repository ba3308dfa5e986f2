import { spawn } from 'node:child_process';
import { root } from './root.ts';

/** Milliseconds that a program has to end by itself when its time is up. */
const KILL_AFTER = 5_000;

export interface ToolOptions {
  /** Default: the repository's root. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which the program is ended; default: never. */
  readonly limit?: number;
}

export interface ToolResult {
  /** Exit code; 1 where a signal ended the program. */
  readonly code: number;
  /** Standard output alone: what a tool prints for programs. */
  readonly stdout: string;
  /** Both streams as they came: what it prints for people. */
  readonly output: string;
}

/**
 * Runs a program of the workspace (`tsc`, `vitest`, …) to its end and keeps what it prints. It stays in our process
 * group, so that what stops this process stops it too. Rejects when the program cannot be started.
 */
export function runTool(
  program: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      // What is kept is read later, in a log as often as in a terminal.
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('error', (cause) => {
      reject(new Error(`cannot run ${program}: ${cause.message}`, { cause }));
    });
    const { limit } = options;
    const timer =
      limit === undefined
        ? undefined
        : setTimeout(() => {
            output += `\n${program}: still running after ${limit / 1000} s, ended\n`;
            child.kill('SIGTERM');
            killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER);
          }, limit);
    let killer: NodeJS.Timeout | undefined;
    child.once('close', (code) => {
      clearTimeout(timer);
      clearTimeout(killer);
      resolve({ code: code ?? 1, stdout, output });
    });
  });
}

/** Runs a program whose exit code alone tells whether it passed. */
export async function passes(program: string, args: readonly string[], options?: ToolOptions) {
  const { code, output } = await runTool(program, args, options);
  return code === 0
    ? ({ outcome: 'passed' } as const)
    : ({ outcome: 'failed', output: `${output.trim()}\n${program}: exit code ${code}` } as const);
}
