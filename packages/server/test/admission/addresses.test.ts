import { describe, expect, it } from 'vitest';
import { Addresses, isProxy } from '../../src/admission/addresses.ts';

function from(addresses: Addresses, remoteAddress: string, forwarded?: string): string {
  return addresses.of({
    socket: { remoteAddress } as never,
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  });
}

describe('where a connection comes from', () => {
  it('is its socket: the header of who is no proxy of ours counts for nothing', () => {
    const addresses = new Addresses(10, []);
    expect(from(addresses, '192.0.2.1', '198.51.100.7')).toBe('192.0.2.1');
    expect(from(addresses, '::ffff:192.0.2.1')).toBe('192.0.2.1');
  });

  it('is the last hop in front of our proxies, whatever the client wrote before it', () => {
    const addresses = new Addresses(10, ['10.0.0.0/8', '2001:db8::1']);
    expect(from(addresses, '10.0.0.1', '198.51.100.7')).toBe('198.51.100.7');
    expect(from(addresses, '::ffff:10.0.0.1', '203.0.113.9, 198.51.100.7, 10.2.3.4')).toBe(
      '198.51.100.7',
    );
    expect(from(addresses, '2001:db8::1', '198.51.100.7')).toBe('198.51.100.7');
    expect(from(addresses, '10.0.0.1')).toBe('10.0.0.1');
    expect(from(addresses, '10.0.0.1', 'nonsense, 10.0.0.2')).toBe('10.0.0.2');
  });

  it('[A3] counts so many from one address, of IPv6 from one network, and forgets who left', () => {
    const addresses = new Addresses(2, []);
    expect(addresses.enter('192.0.2.1')).toBe(true);
    expect(addresses.enter('192.0.2.1')).toBe(true);
    expect(addresses.enter('192.0.2.1')).toBe(false);
    expect(addresses.enter('192.0.2.2')).toBe(true);
    addresses.leave('192.0.2.1');
    expect(addresses.enter('192.0.2.1')).toBe(true);
    expect(addresses.enter('2001:db8:0:1::5')).toBe(true);
    expect(addresses.enter('2001:db8::1:0:0:0:9')).toBe(true);
    expect(addresses.enter('2001:db8:0:1:ffff::')).toBe(false);
    expect(addresses.enter('2001:db8:0:2::5')).toBe(true);
  });

  it('proxies are addresses and networks, and nothing else', () => {
    for (const good of ['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8'])
      expect([good, isProxy(good)]).toEqual([good, true]);
    for (const bad of [
      '',
      'proxy.example',
      '10.0.0.0/33',
      '10.0.0/8',
      '10.0.0.0/8/8',
      '10.0.0.0/x',
    ])
      expect([bad, isProxy(bad)]).toEqual([bad, false]);
  });
});
