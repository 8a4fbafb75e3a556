// Keeps the originator's TCP connection out of the tunnel that it carries.

import type { IpAddress } from "../model/address.ts";
import { contains } from "../model/prefix.ts";
import type { SaCheck } from "./sa_changes.ts";

/**
 * Refuses outbound SAs whose `remote` holds an address of the responder: the route for it would
 * lead the TCP connection into itself. While the responder is not known yet, no outbound SA can be
 * told from such a one, and each is refused.
 *
 * @param responder The responder's addresses, as they are known at the moment of the call
 */
export function loopCheck(responder: () => readonly IpAddress[]): SaCheck {
  return ({ direction, remote }) => {
    if (direction === "inbound") return undefined;
    const addresses = responder();
    if (addresses.length === 0) {
      return { kind: "conflict", detail: "The responder's addresses are not known yet" };
    }
    const inside = addresses.find((address) => contains(remote, address));
    if (inside === undefined) return undefined;
    const detail = `remote holds the responder's own address ${inside.text}`;
    return { kind: "invalid", member: "remote", detail };
  };
}
