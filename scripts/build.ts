/** `npm run build`: the JavaScript and the types of every package, and the web app. */
import { report } from './progress.ts';
import { passes } from './tool.ts';

const types = await report('packages', () => passes('tsc', ['-b', '--pretty', 'false']));
const web = await report('web app', () => passes('node', ['scripts/build-web.ts']));
process.exitCode = types.outcome === 'failed' || web.outcome === 'failed' ? 1 : 0;
