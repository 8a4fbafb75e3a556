// Addresses with a port.

import { addressText, type IpAddress, isV6, parseAddress, unmapped } from "./address.ts";

/** An address and a port; `text` has both, IPv6 in brackets. */
export interface SocketAddress extends IpAddress {
  readonly port: number;
  /** The address alone, without brackets. */
  readonly host: string;
}

/**
 * Parses `127.0.0.1:4500` or `[::1]:4500`; undefined if `text` is neither. `[::ffff:127.0.0.1]:4500`
 * is read as the first of them.
 */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (parts === null) return undefined;
  const [, inBrackets, plain, digits] = parts;
  const address = parseAddress(inBrackets ?? plain ?? "");
  const port = Number(digits);
  if (address === undefined || port > 65_535) return undefined;
  if (isV6(address) !== (inBrackets !== undefined)) return undefined;
  const { octets, text: host } = unmapped(address);
  return { octets, host, port, text: socketText(host, port) };
}

/** Joins a host without brackets and a port. */
export function socketText(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Octets and a port as text: `192.0.2.1:4500`, `[2001:db8::1]:4500`. IPv4-mapped addresses are
 * written as {@link addressText} writes them.
 */
export function socketAddressText(
  { octets, port }: { readonly octets: Uint8Array; readonly port: number },
): string {
  return socketText(addressText(octets), port);
}
