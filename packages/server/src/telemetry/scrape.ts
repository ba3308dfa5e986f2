import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { WeftError } from '@weft/protocol';
import { tokenOf } from '../http/json.ts';

/** Headers by which a proxy says for whom it asks: then the peer's address says nothing. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/**
 * Lets a scrape pass, or does not: with a token for whoever brings it, without one for this machine alone. What the
 * numbers tell (how many, how busy) is nobody else's business.
 * @throws WeftError `token-required`, `token-invalid`, `forbidden`
 */
export function admitScrape(request: IncomingMessage, token: string | undefined): void {
  if (token !== undefined) {
    if (!sameText(tokenOf(request), token)) throw new WeftError('token-invalid');
    return;
  }
  const { headers, socket } = request;
  const forwarded = FORWARDED.some((name) => headers[name] !== undefined);
  // A name that leads here may be anybody's (DNS rebinding), and a proxy beside us asks for everybody.
  const here = LOOPBACK.test(socket.remoteAddress ?? '') && LOOPBACK_HOST.test(headers.host ?? '');
  if (!here || forwarded) throw new WeftError('forbidden');
}

/** Compares in a time that tells nothing of where they differ. */
function sameText(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return first !== undefined && second !== undefined && timingSafeEqual(first, second);
}
