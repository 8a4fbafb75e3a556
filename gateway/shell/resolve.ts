// Looks up names of hosts with the resolver of this host.

import { lookup } from "node:dns/promises";
import { type IpAddress, parseAddress, unmapped } from "../model/address.ts";

/**
 * Addresses of a host, in the resolver's order. A text that is an address is returned as it is;
 * IPv4 addresses are never mapped to IPv6 ones.
 *
 * @throws {Error} `Cannot resolve vpn.example.net: ENOTFOUND`
 */
export async function resolveHost(host: string): Promise<readonly IpAddress[]> {
  const literal = parseAddress(host);
  if (literal !== undefined) return [unmapped(literal)];
  const found = await lookup(host, { all: true }).catch((error: unknown) => {
    throw new Error(`Cannot resolve ${host}: ${reasonOf(error)}`, { cause: error });
  });
  const parsed = found.map(({ address }) => parseAddress(address));
  return parsed.filter((address) => address !== undefined).map(unmapped);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? String(error.code) : error.message;
}
