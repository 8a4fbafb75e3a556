// SAs of a test's peer, installed as the shell does it.

import type { Prefix } from "../../../gateway/model/prefix.ts";
import type { SaSpec } from "../../../gateway/model/sa_spec.ts";
import { viewMemory } from "../../../gateway/shell/memory_views.ts";
import { writeSpec } from "../../../gateway/shell/sa_spec.ts";
import { addressOctets } from "../inner_packet.ts";
import type { LaneRig } from "./rig.ts";
import { ECHO_ADDRESS, type Peer } from "../peers.ts";
import { FAMILY_V4, LANE_SA_SPEC, LANE_SCRATCH } from "../../../ts-bindings/layout.ts";
import { isRefused } from "../../../ts-bindings/outcome.ts";

/** The choices of a test for both SAs. */
export interface InstallOptions {
  /** Number of the peer, 1 and up. */
  readonly number: number;
  readonly replayWindow: number;
}

/**
 * Installs both SAs of a peer, AES-GCM without ESN.
 *
 * @throws {Error} If the core refuses one
 */
export function installPeer({ core, lane }: LaneRig, peer: Peer, options: InstallOptions): void {
  const views = viewMemory(lane.init.memory);
  const shell = lane.init.lanes;
  const { source, destination } = peer.ends;
  const common = {
    peer: peer.name,
    aead: "aes-gcm-16",
    local: [wholePrefix(destination)],
    remote: [wholePrefix(source)],
    esn: false,
    softPackets: 0xffff_ffffn,
    softOctets: 0n,
    softSeconds: 0,
    hardPackets: 0xffff_ffffn,
    hardOctets: 0n,
    hardSeconds: 28_800,
    initialSequence: 0n,
    replayWindow: options.replayWindow,
  } as const;
  const sas: SaSpec[] = [
    { ...common, ...peer.inbound, direction: "inbound" },
    { ...common, ...peer.outbound, direction: "outbound" },
  ];
  for (const spec of sas) {
    const at = core.lane_block(shell) + LANE_SA_SPEC;
    writeSpec(views, spec, { at, peer: options.number, ivOffset: 0n, now: lane.now });
    if (isRefused(core.sa_install(shell))) {
      throw new Error("Cannot install an SA: the core refuses it");
    }
  }
}

function wholePrefix(address: string): Prefix {
  const octets = addressOctets(address);
  return { octets, bits: 8 * octets.length, text: "" };
}

/** Gives the echo host its address. */
export function startEchoHost({ core, lane }: LaneRig): void {
  const shell = lane.init.lanes;
  const at = core.lane_block(shell) + LANE_SCRATCH;
  lane.tables.u8.set(addressOctets(ECHO_ADDRESS), at);
  core.echo_address(shell, FAMILY_V4, at);
}
