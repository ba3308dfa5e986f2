import { join } from 'node:path';
import { createWeftServer } from '@weft/server';
import { StorageError } from '@weft/storage';
import { openSqliteStore } from '@weft/storage/sqlite';
import { HELP, UsageError, databaseFile, readConfig } from './config.ts';
import { stopper } from './drain.ts';
import { stderrLogger } from './log.ts';
import { serveWebApp } from './web-app.ts';

async function main(): Promise<void> {
  const [option] = process.argv.slice(2);
  if (option === '--help' || option === '-h') {
    process.stdout.write(HELP);
    return;
  }
  if (option !== undefined) {
    throw new UsageError(`Unknown option "${option}". --help says what there is.`);
  }
  const config = readConfig(process.env);
  const store = await openSqliteStore({ file: databaseFile(process.env) });
  const server = await createWeftServer({
    store,
    secret: config.secret,
    guests: config.guests,
    logger: stderrLogger,
    build: '0.1.0',
    fallback: serveWebApp(join(import.meta.dirname, '../../web/dist')),
  });
  const stop = stopper(server, config.drainMs);
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    const { port, host } = await server.listen(config.port, config.host);
    const shown = host.includes(':') ? `[${host}]` : host;
    process.stdout.write(`Weft is at http://${shown}:${port}\n`);
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** One clear line, no stack trace, and an exit code: 2 for how it was started, 1 for anything else. */
function fail(error: unknown): void {
  process.stderr.write(`weft: ${explain(error)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof StorageError) return error.message;
  if (error instanceof Error && 'code' in error) {
    const where = `${process.env['HOST'] ?? '127.0.0.1'}:${process.env['PORT'] ?? '4400'}`;
    if (error.code === 'EADDRINUSE') {
      return `${where} is in use. Stop what listens there, or set PORT to another port.`;
    }
    if (error.code === 'EACCES') return `${where} may not be listened on. Set PORT above 1023.`;
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
      return `${where} is no address of this machine. Set HOST.`;
    }
  }
  return error instanceof Error ? error.message : String(error);
}

main().catch(fail);
