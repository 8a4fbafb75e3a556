// The paths through a gateway that are measured, and their packet sizes.

import type { Sample } from "../lib/record.ts";
import type { GatewayChild } from "./gateway_child.ts";
import { plainBoth, plainDown, plainUp } from "./plain.ts";
import { DISCARD_PORT, ECHO_PORT, type Recording } from "./recording.ts";
import { relayDown, relayRunsUp, relayUp } from "./relay.ts";
import type { RivalRelay } from "./relay_program.ts";
import type { Scene } from "./scene.ts";
import { discardUp, echoBoth, tunnelDown, tunnelUp } from "./tunnel.ts";

/** A path through a gateway. */
export interface Path {
  /** What is measured: the start of a case's name. The direction comes after it. */
  readonly what: string;
  readonly direction: string;
  /** Port of its inner packets. */
  readonly port: number;
  /** Its inner packets belong to one flow and may be joined. */
  readonly isFlow?: boolean;
  readonly needsTun: boolean;
  run(scene: Scene, recording: Recording): Promise<Sample>;
  plain(scene: Scene, recording: Recording): Sample;
  /** The same through another program that does the same task. */
  readonly rival?: (scene: Scene, rival: RivalRelay, recording: Recording) => Sample;
  /** The gateway that the path goes through. */
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
  { what: "flow", ...up, ...ofTun, isFlow: true, run: tunnelUp },
  { what: "tunnel", ...down, ...ofTun, run: tunnelDown },
  { what: "discard", ...up, ...ofEcho, run: discardUp },
  { what: "relay", ...up, ...ofGateway, ...relayUp },
  { what: "relay-runs", ...up, ...ofGateway, ...relayRunsUp },
  { what: "relay", ...down, ...ofGateway, ...relayDown },
  { what: "echo", ...both, ...ofEcho, run: echoBoth },
];

/** A size of inner packets and a number of connections, with the `--inner-mtu` that they need. */
export interface Shape {
  readonly innerLen: number;
  readonly connections: number;
  readonly innerMtu: number;
}

/** Every size on one connection, and 1400 octets on many. */
export const SHAPES: readonly Shape[] = [
  ...[64, 256, 576, 1400].map((innerLen) => ({ innerLen, connections: 1, innerMtu: 1400 })),
  ...[100, 1000].map((connections) => ({ innerLen: 1400, connections, innerMtu: 1400 })),
  ...[9000, 65_000].map((innerLen) => ({ innerLen, connections: 1, innerMtu: 65_400 })),
];
