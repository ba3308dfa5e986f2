/** `npm run check [-- name…]`: checks the sources; all checks, or the ones named. */
import { CHECKS } from './checks.ts';
import { report, say } from './progress.ts';

const names = process.argv.slice(2);
const unknown = names.filter((name) => !CHECKS.some((check) => check.name === name));
if (unknown.length > 0) {
  say(`unknown check ${unknown.join(', ')}: use ${CHECKS.map((check) => check.name).join(', ')}`);
  process.exit(2);
}
let failed = false;
for (const check of CHECKS) {
  if (names.length > 0 && !names.includes(check.name)) continue;
  const { outcome } = await report(check.name, check.run);
  if (outcome === 'failed') failed = true;
}
process.exitCode = failed ? 1 : 0;
