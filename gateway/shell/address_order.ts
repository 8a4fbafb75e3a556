// The order in which a responder's addresses are tried. It is the resolver's, except that addresses
// whose last try failed come at the end, the one that failed longest ago first.

import type { IpAddress } from "../model/address.ts";

/** Remembers which addresses have failed. */
export interface AddressOrder {
  /** The addresses in the order in which to try them. */
  sort(addresses: readonly IpAddress[]): readonly IpAddress[];
  /** A try of this address led to a connection that lasted: it has its old place again. */
  good(address: IpAddress): void;
  /** A try of this address led to no connection, or to a short one. */
  failed(address: IpAddress): void;
}

/** Failed addresses that are remembered; a name may have new addresses all the time. */
const KEPT_MAX = 256;

/** Makes an order in which no address has failed. */
export function createAddressOrder(): AddressOrder {
  /** Texts of the addresses whose last try failed, in the order of those tries. */
  const failed = new Set<string>();

  function sort(addresses: readonly IpAddress[]): readonly IpAddress[] {
    const rank = new Map([...failed].map((text, at) => [text, at + 1]));
    const rankOf = ({ text }: IpAddress): number => rank.get(text) ?? 0;
    return addresses.toSorted((a, b) => rankOf(a) - rankOf(b));
  }

  function fail({ text }: IpAddress): void {
    failed.delete(text);
    failed.add(text);
    const [oldest = ""] = failed;
    if (failed.size > KEPT_MAX) failed.delete(oldest);
  }

  return { sort, good: ({ text }) => void failed.delete(text), failed: fail };
}
