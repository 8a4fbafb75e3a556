// Keeps the originator's TCP connection out of the tunnel that it carries.

import type { IpAddress } from "../model/address.ts";
import { contains } from "../model/prefix.ts";
import type { SaCheck } from "./sa_changes.ts";

/**
 * Refuses outbound SAs whose `remote` holds an address of the responder: the route for it would
 * lead the TCP connection into itself.
 *
 * @param responder The responder's addresses, as they are known at the moment of the call
 */
export function loopCheck(responder: () => readonly IpAddress[]): SaCheck {
  return ({ direction, remote }) => {
    if (direction === "inbound") return undefined;
    const inside = responder().find((address) => contains(remote, address));
    if (inside === undefined) return undefined;
    const detail = `remote holds the responder's own address ${inside.text}`;
    return { kind: "invalid", member: "remote", detail };
  };
}
