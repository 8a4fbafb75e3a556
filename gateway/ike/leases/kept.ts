// Addresses that wait for their identities.

import type { IpAddress } from "../../model/address.ts";

/** Addresses that wait, one of each family for an identity. */
export interface Kept {
  /**
   * An identity that has one of this family already keeps the new one.
   *
   * @returns The address that has made room, and is nobody's now
   */
  add(identity: string, address: IpAddress): IpAddress | undefined;
  remove(address: IpAddress): void;
  /** The addresses of an identity. */
  of(identity: string): readonly IpAddress[];
  has(address: IpAddress): boolean;
  /** All of them; the one that has waited longest comes first. */
  values(): Iterable<IpAddress>;
  size(): number;
}

/** Makes an empty store of `max` addresses; what has waited longest makes room for what comes. */
export function createKept(max: number): Kept {
  /** In the order in which they came. */
  const byAddress = new Map<string, { readonly identity: string; readonly address: IpAddress }>();
  const byIdentity = new Map<string, readonly IpAddress[]>();

  function remove({ text }: IpAddress): void {
    const entry = byAddress.get(text);
    if (entry === undefined) return;
    byAddress.delete(text);
    const left = of(entry.identity).filter((address) => address.text !== text);
    if (left.length === 0) byIdentity.delete(entry.identity);
    else byIdentity.set(entry.identity, left);
  }

  function of(identity: string): readonly IpAddress[] {
    return byIdentity.get(identity) ?? [];
  }

  function* values(): Iterable<IpAddress> {
    for (const { address } of byAddress.values()) yield address;
  }

  function add(identity: string, address: IpAddress): IpAddress | undefined {
    const [oldest] = byAddress.size < max ? [] : values();
    const before = of(identity).find(({ octets }) => octets.length === address.octets.length) ??
      oldest;
    if (before !== undefined) remove(before);
    byAddress.set(address.text, { identity, address });
    byIdentity.set(identity, [...of(identity), address]);
    return before;
  }

  return {
    add,
    remove,
    of,
    has: ({ text }) => byAddress.has(text),
    values,
    size: () => byAddress.size,
  };
}
