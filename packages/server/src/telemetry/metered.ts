import { type ErrorCode, WeftError, isErrorCode } from '@weft/protocol';
import type { Log, Store } from '@weft/storage';
import type { Talk } from '../conversations/talk.ts';
import { type Meter, silentMeter } from './meter.ts';

/** A store whose appends are counted and timed; the store itself where nobody counts. */
export function meteredStore(store: Store, meter: Meter): Store {
  if (meter === silentMeter) return store;
  const { log } = store;
  const append: Log['append'] = async (entries) => {
    const start = performance.now();
    try {
      const result = await log.append(entries);
      meter.append(result.outcome, secondsSince(start));
      return result;
    } catch (error) {
      meter.append('failed', secondsSince(start));
      throw error;
    }
  };
  return { ...store, log: { ...log, append } };
}

/** Counts what commands are answered, those of sockets and those of HTTP; the talk itself where nobody counts. */
export function meteredTalk(talk: Talk, meter: Meter): Talk {
  if (meter === silentMeter) return talk;
  return {
    ...talk,
    command: async (principal, frame) => {
      try {
        const result = await talk.command(principal, frame);
        if (result.outcome === 'stored') {
          // A command of HTTP has the server's own time, and a resent one the time of its first commit.
          const ms = frame.device === 'http' ? undefined : result.at - frame.at;
          const sentToStored = ms === undefined || ms < 0 ? undefined : ms / 1000;
          meter.command({ outcome: 'stored', sentToStored });
        } else meter.command({ outcome: 'refused', code: knownCode(result.code) });
        return result;
      } catch (error) {
        const code = error instanceof WeftError ? error.code : 'internal';
        meter.command({ outcome: 'refused', code });
        throw error;
      }
    },
  };
}

function knownCode(code: string): ErrorCode {
  return isErrorCode(code) ? code : 'internal';
}

/** @param start of `performance.now()` */
export function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
