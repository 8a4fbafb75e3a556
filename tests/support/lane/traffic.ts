// What peers and the daemon send in tests of a lane, and what the lane has counted of it.

import { LANE_COUNTERS } from "../../../ts-bindings/layout.ts";
import type { UdpEnd } from "../../fakes/kernel/descriptors.ts";
import type { LaneRig } from "./rig.ts";

/** A frame of `octets`: Length, then payload. */
export function frame(octets: readonly number[]): Uint8Array {
  const len = octets.length + 2;
  return new Uint8Array([len >> 8, len & 0xff, ...octets]);
}

/** An IKE message of 28 octets behind its marker, told apart by `id`. */
export function ike(id: number): number[] {
  return [0, 0, 0, 0, ...Array.from({ length: 27 }, () => 7), id];
}

/** What the lane has counted of a status. */
export function counted(rig: LaneRig, status: number): number {
  const { tables } = rig.lane;
  return tables.u32[(tables.block + LANE_COUNTERS + 8 * status) >>> 2] ?? 0;
}

/** The upstream socket that was opened first. */
export function upstreamOf(rig: LaneRig): UdpEnd {
  const end = [...rig.kernel.ends.values()].find((each) => each.kind === "udp");
  if (end?.kind !== "udp") throw new Error("There is no upstream socket");
  return end;
}

/** ESP of nobody here, `len` octets, told apart by its last one. */
export function foreignEsp(len: number, id: number): number[] {
  return [0x0b, 0xad, 0xca, 0xfe, ...Array.from({ length: len - 5 }, () => 7), id];
}
