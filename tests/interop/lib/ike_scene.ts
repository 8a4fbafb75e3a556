// The start of both libreswan cases: charon behind the gateway, libreswan in the guest, one tunnel
// between them.

import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";
import { startCharon } from "./charon.ts";
import type { Charon } from "./charon.ts";
import { startGateway } from "./gateway.ts";
import type { Gateway } from "./gateway.ts";
import type { Guest } from "./guest.ts";
import type { Scene } from "./case.ts";
import { startLibreswan } from "./libreswan.ts";
import type { Libreswan } from "./libreswan.ts";
import { layNetwork } from "./network.ts";
import type { Namespace } from "./network.ts";

export interface IkeScene {
  readonly guest: Guest;
  readonly charon: Charon;
  readonly gateway: Gateway;
  readonly libreswan: Libreswan;
}

/** Both daemons ask an idle peer this often whether it lives. */
export const DPD_SECONDS = 3;

/**
 * libreswan leaves the TCP connection of a deleted IKE SA open, against RFC 9329 §6.1. The gateway
 * ends it when it has carried nothing for longer than the daemons' interval between questions.
 */
const IDLE_TIMEOUT_MS = 8000;

export interface IkeOptions {
  /** Where charon runs: on a host of its own, or beside the gateway. */
  readonly charonIn: Namespace;
  /** The gateway's flags that lead to charon. */
  readonly upstream: readonly string[];
  /** Life of libreswan's IKE SA. */
  readonly ikeLifeSeconds: number;
}

/** Starts everything; the tunnel is not up yet. */
export async function setIkeScene(scene: Scene, options: IkeOptions): Promise<IkeScene> {
  const psk = randomBytes(16).toString("hex");
  await layNetwork(1500);
  const guest = await scene.boot(1500);
  const charon = await startCharon({
    where: options.charonIn,
    psk,
    dpdSeconds: DPD_SECONDS,
  });
  const gateway = await startGateway([
    ...[...options.upstream, "--idle-timeout-ms", String(IDLE_TIMEOUT_MS)],
  ]);
  const libreswan = await startLibreswan(guest, {
    psk,
    dpdSeconds: DPD_SECONDS,
    ikeLifeSeconds: options.ikeLifeSeconds,
  });
  scene.onFailure("libreswan", libreswan.log);
  return { guest, charon, gateway, libreswan };
}

/** The SAs that charon has with the guest. */
export interface CharonState {
  /** SPIs of the IKE SA, ours first as it stands in the list. */
  readonly ike: string;
  /** Inbound SPI of the Child SA. */
  readonly child: string;
}

/**
 * Reads charon's list; there must be exactly one established IKE SA with one installed Child SA.
 */
export async function expectOneTunnel(charon: Charon): Promise<CharonState> {
  const list = await charon.sas();
  const ike = [...list.matchAll(/^guest: #\d+, ESTABLISHED, IKEv2, (\w+)_i\*? (\w+)_r\*?$/gm)];
  const children = [...list.matchAll(/^ {2}net: #\d+, .*INSTALLED/gm)];
  const inbound = [...list.matchAll(/^ {4}in +(\w+),/gm)];
  assert.deepEqual([ike.length, children.length, inbound.length], [1, 1, 1], list);
  return { ike: `${ike[0]?.[1]} ${ike[0]?.[2]}`, child: inbound[0]?.[1] ?? "" };
}
