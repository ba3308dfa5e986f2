import { join } from 'node:path';
import {
  type KeySet,
  KeySetError,
  type Logger,
  createWeftServer,
  openKeySet,
  tracedLogger,
  webhookAuthorize,
} from '@weft/server';
import { StorageError } from '@weft/storage';
import { openSqliteStore } from '@weft/storage/sqlite';
import { HELP, type KeySource, UsageError, databaseFile, readConfig } from './config.ts';
import { stopper } from './drain.ts';
import { openLog } from './log.ts';
import { openSpanExport } from './tracing.ts';
import { serveWebApp } from './web-app.ts';

/** Name of this build. */
const BUILD = '0.1.0';

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
  const log = openLog(config.logLevel);
  const keys = config.keys === undefined ? undefined : await openKeys(config.keys, log);
  const store = await openSqliteStore({ file: databaseFile(process.env) });
  const spans =
    config.tracing === undefined
      ? undefined
      : await openSpanExport({ ...config.tracing, build: BUILD, logger: log });
  const server = await createWeftServer({
    store,
    secret: config.secret,
    ...(keys === undefined ? {} : { keys }),
    ...(config.authorize === undefined ? {} : { authorize: webhookAuthorize(config.authorize) }),
    guests: config.guests,
    origins: config.origins,
    proxies: config.proxies,
    admission: config.admission,
    files: config.files,
    ...(config.metrics === undefined ? {} : { metrics: config.metrics }),
    ...(spans === undefined ? {} : { tracer: spans.tracer }),
    logger: log,
    build: BUILD,
    fallback: serveWebApp(join(import.meta.dirname, '../../web/dist')),
  });
  const drain = async () => {
    const drained = await server.drain();
    await spans?.close();
    return drained;
  };
  const stop = stopper(
    {
      drain,
      get unstored() {
        return server.unstored;
      },
    },
    config.drainMs,
  );
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

/** Before the database is touched: a server whose keys cannot be read signs nobody in. */
async function openKeys({ source, issuer, audience }: KeySource, log: Logger): Promise<KeySet> {
  try {
    return await openKeySet({
      source,
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
      logger: tracedLogger(log),
      now: Date.now,
    });
  } catch (error) {
    if (error instanceof KeySetError) throw new UsageError(`WEFT_AUTH_JWKS: ${error.message}`);
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
