import type { Ack, CommandFrame } from '@weft/protocol';
import type { Trace, Tracing } from './trace.ts';

/**
 * Begins the trace of a command: the one that it names, or one of the server's own, which it names from now on, so that
 * its event keeps it. A command that nobody traces stays as it is.
 */
export function beginMessage(
  tracing: Tracing | undefined,
  said: CommandFrame,
): { readonly trace: Trace | undefined; readonly command: CommandFrame } {
  const trace = tracing?.begin('message', said.trace, {
    'weft.conversation': said.conversation,
    'weft.command': said.id,
  });
  trace?.enter('judge');
  const command = trace === undefined ? said : { ...said, trace: said.trace ?? trace.parent };
  return { trace, command };
}

/** What it was answered. */
export function endMessage(trace: Trace | undefined, result: Ack['result']): void {
  const common = { 'weft.outcome': result.outcome };
  if (result.outcome === 'stored') trace?.end({ ...common, 'weft.sequence': result.sequence });
  else trace?.end({ ...common, 'weft.code': result.code }, result.code === 'storage-failed');
}
