/**
 * `npm test [-- part…]`: the checks, the web app's build, and every suite, one after the other; or the parts named.
 * Ends with `N passed, N failed, N skipped`: each check, the build, and each test count as one.
 */
import { CHECKS } from './checks.ts';
import { findChromium } from './chromium.ts';
import { report, say } from './progress.ts';
import { type Counts, NOTHING, add, summary } from './reports.ts';
import { type Result } from './result.ts';
import { SUITES, type Suite, runSuite } from './suites.ts';
import { passes } from './tool.ts';

const PARTS = ['check', ...SUITES.map((suite) => suite.name)];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !PARTS.includes(name));
if (unknown.length > 0) {
  say(`unknown part ${unknown.join(', ')}: use ${PARTS.join(', ')}`);
  process.exit(2);
}
const wanted = (name: string) => asked.length === 0 || asked.includes(name);

let total = NOTHING;

if (wanted('check')) {
  for (const check of CHECKS) total = add(total, one(await report(check.name, check.run)));
}
const suites = SUITES.filter((suite) => wanted(suite.name));
if (suites.length > 0) {
  const build = () => passes('node', ['scripts/build-web.ts', '--if-changed']);
  total = add(total, one(await report('build', build)));
}
for (const suite of suites) {
  let counts: Counts = { ...NOTHING, failed: 1 };
  await report(suite.name, async () => {
    const result = await runSuite(suite, await environment(suite));
    ({ counts } = result);
    return counts.failed === 0
      ? { outcome: 'passed', note: summary(counts) }
      : { outcome: 'failed', output: result.output };
  });
  total = add(total, counts);
}
say('');
say(summary(total));
process.exitCode = total.failed === 0 ? 0 : 1;

function one({ outcome }: Result): Counts {
  return { ...NOTHING, [outcome]: 1 };
}

async function environment(suite: Suite): Promise<Record<string, string>> {
  return suite.needsChromium ? { CHROMIUM_PATH: await findChromium() } : {};
}
