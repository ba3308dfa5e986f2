/** `npm run format [-- path…]`: formats the sources in place; all of them, or the paths given. */
import { say } from './progress.ts';
import { runTool } from './tool.ts';

const { code, output } = await runTool('oxfmt', process.argv.slice(2), { cwd: process.cwd() });
say(output.trim());
process.exitCode = code;
