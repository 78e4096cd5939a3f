/**
 * In: an IP address. Out: whether the public internet may be there. Called by: the HTTP client's connect step.
 */
import { BlockList, isIP } from 'node:net';

const inner = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  inner.addSubnet(net, prefix, 'ipv4');
}
for (const [net, prefix] of [
  // IPv4-compatible addresses, the unspecified one and loopback among them
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  inner.addSubnet(net, prefix, 'ipv6');
}

/** False for loopback, private, link-local, carrier, documentation and multicast ranges (IANA special-purpose registries), and for non-addresses. */
export function isPublicAddress(address: string): boolean {
  const given = address.replace(/^\[|\]$/gu, '').split('%')[0] ?? '';
  // The shortest spelling, so that every way to write a mapped address is seen as one.
  const bare = isIP(given) === 6 ? new URL(`http://[${given}]/`).hostname.slice(1, -1) : given;
  const mapped = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/iu.exec(bare);
  if (mapped !== null) {
    if (mapped[1] !== undefined) return isPublicAddress(mapped[1]);
    const high = parseInt(mapped[2] ?? '0', 16);
    const low = parseInt(mapped[3] ?? '0', 16);
    return isPublicAddress(`${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`);
  }
  const family = isIP(bare);
  if (family === 0) return false;
  return !inner.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}
