import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** Where connections come from, and how many from each place. */
export class Addresses {
  readonly #perAddress: number;
  readonly #proxies = new BlockList();
  readonly #counts = new Map<string, number>();

  /**
   * @param proxies addresses and networks (`10.0.0.0/8`) of the proxies whose `X-Forwarded-For` is believed
   * @throws TypeError for what is neither
   */
  constructor(perAddress: number, proxies: readonly string[]) {
    this.#perAddress = perAddress;
    for (const proxy of proxies) addProxy(this.#proxies, proxy);
  }

  /**
   * Where a request comes from: its socket's address; behind proxies of ours, the last hop in front of them. What others
   * put into the header counts for nothing.
   */
  of(request: Pick<IncomingMessage, 'headers' | 'socket'>): string {
    let address = plain(request.socket.remoteAddress ?? '');
    const header = request.headers['x-forwarded-for'];
    const hops = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',');
    while (this.#trusted(address)) {
      const hop = plain((hops.pop() ?? '').trim());
      if (isIP(hop) === 0) break;
      address = hop;
    }
    return address;
  }

  /** A connection from an address. Returns whether there may be one more; `leave` has to follow then. */
  enter(address: string): boolean {
    const place = placeOf(address);
    const count = this.#counts.get(place) ?? 0;
    if (count >= this.#perAddress) return false;
    this.#counts.set(place, count + 1);
    return true;
  }

  leave(address: string): void {
    const place = placeOf(address);
    const count = (this.#counts.get(place) ?? 0) - 1;
    if (count > 0) this.#counts.set(place, count);
    else this.#counts.delete(place);
  }

  #trusted(address: string): boolean {
    if (isIP(address) === 0) return false;
    return this.#proxies.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
}

/** Whether something is an address or a network, as `Addresses` takes it. */
export function isProxy(text: string): boolean {
  try {
    addProxy(new BlockList(), text);
    return true;
  } catch {
    return false;
  }
}

function addProxy(list: BlockList, text: string): void {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (isIP(address) === 0 || more.length > 0) throw new TypeError(`${text} is no address.`);
  if (bits === undefined) list.addAddress(address, family);
  else if (!/^\d{1,3}$/.test(bits)) throw new TypeError(`${text} is no network.`);
  else list.addSubnet(address, Number(bits), family);
}

/** IPv4 as such, also where it comes through a socket of IPv6. */
function plain(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address;
}

/** What counts as one place: of IPv6 the network, since every client has all of its addresses. */
function placeOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('::');
  const left = head.split(':').filter((part) => part !== '');
  const right = tail.split(':').filter((part) => part !== '');
  const whole = address.includes('::')
    ? [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
    : left;
  const network = whole.slice(0, 4).map((part) => Number.parseInt(part, 16).toString(16));
  return `${network.join(':')}::/64`;
}
