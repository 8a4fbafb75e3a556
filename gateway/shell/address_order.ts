// In which order a responder's addresses are tried: the resolver's, but those that were no good last, the one of the longest ago first.

import type { IpAddress } from "../model/address.ts";

export interface AddressOrder {
  /** The addresses in the order in which to try them. */
  sort(addresses: readonly IpAddress[]): readonly IpAddress[];
  /** A try of this address has led to a connection that lasted. */
  good(address: IpAddress): void;
  /** It has led to none. */
  failed(address: IpAddress): void;
}

/** Addresses are forgotten, the oldest first, above this number: a name may have new ones all the time. */
const KEPT_MAX = 256;

export function createAddressOrder(): AddressOrder {
  /** Texts of the addresses whose last try was no good, in the order of those tries. */
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
