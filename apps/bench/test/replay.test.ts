import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const command = fileURLToPath(new URL('../src/replay.ts', import.meta.url));
const small = fileURLToPath(new URL('../traces/small.json.gz', import.meta.url));
/** Where the published sessions are kept; they are too large for the repository. */
const recorded =
  process.env['WEFT_TRACES'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command as a person would. */
function run(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

describe('replay of the small trace', () => {
  let directory: string;
  let tampered: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'weft-replay-test-'));
    tampered = join(directory, 'tampered.json.gz');
    const text = gunzipSync(await readFile(small)).toString('utf8');
    const changed = text.replace(/"endContent":"(.)/u, '"endContent":"$1!');
    expect(changed).not.toBe(text);
    await writeFile(tampered, gzipSync(changed));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('[D1] [D2] [D3] ends with its text and one hash everywhere, also after SIGKILL', async () => {
    const { code, out, err } = await run(small, '--clients', '5');
    expect(`${err}${out}`).toContain('All stored.');
    expect(out).toMatch(/pending structs +0/);
    for (const who of ['author 2', 'reader 4', 'a fresh reader', 'SIGKILL']) {
      expect(out).toContain(who);
    }
    expect(code).toBe(0);
  });

  it('keeps a pace', async () => {
    const { code, out } = await run(small, '--rate', '600', '--no-kill');
    expect(code).toBe(0);
    const took = /in ([\d.]+) s/.exec(out)?.[1];
    // 901 edits at 600 a second.
    expect(Number(took)).toBeGreaterThanOrEqual(1.5);
    expect(out).not.toContain('SIGKILL');
  });

  it('[D1] fails when the text at the end is another', async () => {
    const { code, out } = await run(tampered, '--no-kill');
    expect(code).toBe(1);
    expect(out).toContain('wrong: author 0 ends with another text: from character 1');
    expect(out).not.toContain('All stored.');
  });

  it.each([
    ['no file', [], 'which trace?'],
    ['a missing file', ['nowhere.json.gz'], 'nowhere.json.gz cannot be read (ENOENT)'],
    ['a file that is no trace', [command], 'is not a gzip file'],
    ['an unknown option', [small, '--fast'], "Unknown option '--fast'"],
    ['a bad number', [small, '--clients', 'many'], '--clients takes a whole number'],
    ['too few clients', [small, '--clients', '2'], '--clients must be at least 3'],
  ])('refuses %s in one line', async (_, args, message) => {
    const { code, out, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(err).not.toContain('    at ');
    expect(out.trimEnd().split('\n').length).toBeLessThanOrEqual(1);
  });
});

describe('replay of a recorded session', () => {
  it.for([
    {
      session: 'two people typing at once',
      file: 'friendsforever.json.gz',
      says: '26,078 edits by 2 authors, 11,700 with concurrent others',
    },
    {
      session: 'one author typing a paper',
      file: 'automerge-paper.json.gz',
      says: '259,778 edits by 1 author, 0 with concurrent others',
    },
  ])('[D1] [D2] [D3] $session: $file', { timeout: 60_000 }, async ({ file, says }, { skip }) => {
    const path = join(recorded, file);
    if (!existsSync(path))
      skip(`${file} is not in ${recorded}; WEFT_TRACES may name another place`);
    const { code, out, err } = await run(path);
    expect(`${err}${out}`).toContain('All stored.');
    expect(out).toContain(says);
    expect(out).toMatch(/pending structs +0/);
    expect(code).toBe(0);
  });
});
