// The traffic of peers and of the daemon in tests of a lane, and the lane's counts of it.

import { LANE_COUNTERS } from "../../../ts-bindings/layout.ts";
import type { UdpEnd } from "../../fakes/kernel/descriptors.ts";
import type { LaneRig } from "./rig.ts";

/** A frame of `octets`: Length, then payload. */
export function frame(octets: readonly number[]): Uint8Array {
  const len = octets.length + 2;
  return new Uint8Array([len >> 8, len & 0xff, ...octets]);
}

/** An IKE message of 28 octets after its marker; `id` tells it apart. */
export function ike(id: number): number[] {
  return [0, 0, 0, 0, ...Array.from({ length: 27 }, () => 7), id];
}

/** The lane's count of a status. */
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

/** ESP of an SPI that nobody here has, `len` octets long; its last octet, `id`, tells it apart. */
export function foreignEsp(len: number, id: number): number[] {
  return [0x0b, 0xad, 0xca, 0xfe, ...Array.from({ length: len - 5 }, () => 7), id];
}

/** The refused calls that the shell was told of: name and reason. */
export function refusedCalls(rig: LaneRig): [string, string][] {
  return rig.notices.flatMap((notice) =>
    notice.kind === "refused_call" ? [[notice.call, notice.reason]] : []
  );
}
