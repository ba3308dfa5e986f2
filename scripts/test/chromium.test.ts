import { describe, expect, it } from 'vitest';
import { type Machine, findChromium } from '../chromium.ts';

interface Fake {
  readonly env?: Readonly<Record<string, string>>;
  readonly isRoot?: boolean;
  readonly files?: readonly string[];
  /** Files that appear when a program succeeds; a program not named here fails. */
  readonly installs?: Readonly<Record<string, readonly string[]>>;
}

function machine(fake: Fake): Machine & { readonly ran: readonly string[] } {
  const files = new Set(fake.files);
  const ran: string[] = [];
  return {
    env: { PATH: '/usr/bin:/bin', ...fake.env },
    isRoot: fake.isRoot ?? false,
    playwrightPath: '/cache/chrome',
    exists: (path) => files.has(path),
    run: async (program, args) => {
      const command = [program, ...args].join(' ');
      ran.push(command);
      const key = Object.keys(fake.installs ?? {}).find((name) => command.startsWith(name));
      for (const file of fake.installs?.[key ?? ''] ?? []) files.add(file);
      return { code: key === undefined ? 1 : 0, output: `${command} ran` };
    },
    ran,
  };
}

describe('findChromium', () => {
  it('takes the one that CHROMIUM_PATH names, and no other in its place', async () => {
    const env = { CHROMIUM_PATH: '/opt/chrome' };
    const files = ['/usr/bin/chromium'];
    expect(await findChromium(machine({ env, files: [...files, '/opt/chrome'] }))).toBe(
      '/opt/chrome',
    );
    await expect(findChromium(machine({ env, files }))).rejects.toThrow(/\/opt\/chrome/);
  });

  it("prefers Playwright's own to one on PATH", async () => {
    const files = ['/cache/chrome', '/usr/bin/chromium'];
    expect(await findChromium(machine({ files }))).toBe('/cache/chrome');
    expect(await findChromium(machine({ files: ['/bin/chromium'] }))).toBe('/bin/chromium');
  });

  it("installs Debian's package as root", async () => {
    const debian = machine({
      isRoot: true,
      files: ['/usr/bin/apt-get'],
      installs: { 'apt-get update': [], 'apt-get install': ['/usr/bin/chromium'] },
    });
    expect(await findChromium(debian)).toBe('/usr/bin/chromium');
    expect(debian.ran).toHaveLength(2);
  });

  it("falls back on Playwright's download", async () => {
    const other = machine({ installs: { 'playwright install chromium': ['/cache/chrome'] } });
    expect(await findChromium(other)).toBe('/cache/chrome');
    expect(other.ran).toEqual(['playwright install chromium']);
  });

  it('says what it tried when nothing worked', async () => {
    const cut = machine({ isRoot: true, files: ['/usr/bin/apt-get'] });
    await expect(findChromium(cut)).rejects.toThrow(
      /CHROMIUM_PATH[^]*apt-get update ran[^]*playwright install chromium ran/,
    );
  });
});
