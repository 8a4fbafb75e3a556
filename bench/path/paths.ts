// The ways through a gateway that are measured.

import type { Sample } from "../lib/record.ts";
import type { GatewayChild } from "./gateway_child.ts";
import { plainBoth, plainDown, plainUp } from "./plain.ts";
import { DISCARD_PORT, ECHO_PORT, type Recording } from "./recording.ts";
import { relayDown, relayUp } from "./relay.ts";
import type { Scene } from "./scene.ts";
import { discardUp, echoBoth, tunnelDown, tunnelUp } from "./tunnel.ts";

/** A way through a gateway. */
export interface Path {
  /** What and in which direction: the start of a case's name. */
  readonly what: string;
  readonly direction: string;
  /** Port of its inner packets. */
  readonly port: number;
  readonly needsTun: boolean;
  run(scene: Scene, recording: Recording): Promise<Sample>;
  plain(scene: Scene, recording: Recording): Sample;
  /** The gateway that it goes through. */
  gatewayOf(scene: Scene): GatewayChild;
}

const up = { direction: "up", port: DISCARD_PORT, plain: plainUp } as const;
const down = { direction: "down", port: DISCARD_PORT, plain: plainDown } as const;
const both = { direction: "both", port: ECHO_PORT, plain: plainBoth } as const;

const ofTun = { needsTun: true, gatewayOf: (scene: Scene): GatewayChild => scene.gateway } as const;
const ofGateway = { ...ofTun, needsTun: false } as const;
const ofEcho = { needsTun: false, gatewayOf: (scene: Scene): GatewayChild => scene.echo } as const;

export const PATHS: readonly Path[] = [
  { what: "tunnel", ...up, ...ofTun, run: tunnelUp },
  { what: "tunnel", ...down, ...ofTun, run: tunnelDown },
  { what: "discard", ...up, ...ofEcho, run: discardUp },
  { what: "relay", ...up, ...ofGateway, run: relayUp },
  { what: "relay", ...down, ...ofGateway, run: relayDown },
  { what: "echo", ...both, ...ofEcho, run: echoBoth },
];

/** Octets of inner packets. */
export const INNER_LENS: readonly number[] = [64, 576, 1400];
