import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright';
import { say } from './progress.ts';
import { runTool } from './tool.ts';

/** What finding a browser touches: the tests bring their own. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  /** Where Playwright keeps, or would keep, the Chromium of its version. */
  readonly playwrightPath: string;
  exists(path: string): boolean;
  /** Runs a program to its end and tells whether it succeeded, and what it printed. */
  run(program: string, args: readonly string[]): Promise<{ code: number; output: string }>;
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * The path of a Chromium; installs one where there is none. In order: CHROMIUM_PATH, Playwright's own, one on PATH,
 * Debian's package (as root), Playwright's download.
 * @throws Error that says what was tried
 */
export async function findChromium(machine: Machine = thisMachine()): Promise<string> {
  const named = machine.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') {
    if (machine.exists(named)) return named;
    throw new Error(`CHROMIUM_PATH names ${named}, which does not exist`);
  }
  if (machine.exists(machine.playwrightPath)) return machine.playwrightPath;
  const present = onPath(machine);
  if (present !== undefined) return present;

  const failures: string[] = [];
  const attempt = async (program: string, args: readonly string[]) => {
    const { code, output } = await machine.run(program, args);
    if (code !== 0) failures.push(`${program} ${args.join(' ')}: exit code ${code}\n${output}`);
    return code === 0;
  };
  if (machine.isRoot && findOnPath(machine, 'apt-get') !== undefined) {
    const install = ['install', '-y', '--no-install-recommends', 'chromium'];
    if ((await attempt('apt-get', ['update'])) && (await attempt('apt-get', install))) {
      const installed = onPath(machine);
      if (installed !== undefined) return installed;
    }
  }
  if (await attempt('playwright', ['install', 'chromium'])) {
    if (machine.exists(machine.playwrightPath)) return machine.playwrightPath;
  }
  throw new Error(
    ['no Chromium found or installed: set CHROMIUM_PATH to one', ...failures].join('\n'),
  );
}

function onPath(machine: Machine): string | undefined {
  return NAMES.map((name) => findOnPath(machine, name)).find((path) => path !== undefined);
}

function findOnPath(machine: Machine, name: string): string | undefined {
  return (machine.env['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find((path) => machine.exists(path));
}

function thisMachine(): Machine {
  return {
    env: process.env,
    isRoot: process.getuid?.() === 0,
    playwrightPath: chromium.executablePath(),
    exists: existsSync,
    run: (program, args) => {
      say(`· ${program} ${args.join(' ')}`);
      return runTool(program, args, { env: { DEBIAN_FRONTEND: 'noninteractive' } });
    },
  };
}
