// Tells the core's echo host its addresses.

import { FAMILY_V4, FAMILY_V6, LANE_SCRATCH } from "../../ts-bindings/layout.ts";
import type { IpAddress } from "../model/address.ts";
import type { Machine } from "./machine.ts";

/** Sets one address for each family. To be called before any lane runs. */
export function setEchoAddresses(machine: Machine, addresses: readonly IpAddress[]): void {
  const { core, views, index } = machine;
  const at = core.lane_block(index) + LANE_SCRATCH;
  for (const { octets } of addresses) {
    views.u8.set(octets, at);
    core.echo_address(index, octets.length === 4 ? FAMILY_V4 : FAMILY_V6, at);
  }
}
