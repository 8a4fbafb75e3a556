// The start of both libreswan cases: charon behind the gateway, libreswan in the guest, one tunnel
// between them.

import { strict as assert } from "node:assert";
import { startCharon } from "./charon.ts";
import type { Charon, Swanctl } from "./charon.ts";
import { startGateway } from "./gateway.ts";
import type { Gateway } from "./gateway.ts";
import type { Guest } from "./guest.ts";
import type { Scene } from "./case.ts";
import { startLibreswanWith } from "./libreswan.ts";
import type { Libreswan } from "./libreswan.ts";
import { pingFromGuest, pingFromHost } from "./measure.ts";
import { layNetwork } from "./network.ts";
import type { Namespace } from "./network.ts";
import { until } from "./process.ts";
import type { Report } from "./report.ts";

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
  await layNetwork(1500);
  const guest = await scene.boot(1500);
  const charon = await startCharon({
    where: options.charonIn,
    dpdSeconds: DPD_SECONDS,
  });
  const gateway = await startGateway([
    ...[...options.upstream, "--idle-timeout-ms", String(IDLE_TIMEOUT_MS)],
  ]);
  const libreswan = await startLibreswanWith(guest, {
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

/** Who a rekey happens between, and where the inner host lives. */
export interface Ends {
  readonly guest: Guest;
  readonly charon: Swanctl;
  readonly innerHost: Namespace | Guest;
}

/**
 * Rekeys, and expects new SPIs of the SAs that were rekeyed, the end of the old SPIs, and traffic
 * meanwhile.
 */
async function expectRekey(
  { guest, charon, innerHost }: Ends,
  what: keyof CharonState,
  rekey: () => Promise<void>,
): Promise<void> {
  const before = await expectOneTunnel(charon);
  await rekey();
  await pingFromGuest(guest, 5);
  await until(`new ${what} SPIs`, 10_000, async () => {
    const now = await expectOneTunnel(charon).catch(() => undefined);
    return now !== undefined && now[what] !== before[what] ? true : undefined;
  });
  await pingFromHost(innerHost, 5);
}

/** All four rekeys: of the Child SA and of the IKE SA, asked for by either daemon. */
export async function expectAllRekeys(
  report: Report,
  ends: Ends,
  libreswan: Libreswan,
): Promise<void> {
  const { charon } = ends;
  await report.step(
    "Child SA rekey, asked for by libreswan",
    () => expectRekey(ends, "child", libreswan.rekeyChild),
  );
  await report.step(
    "Child SA rekey, asked for by charon",
    () => expectRekey(ends, "child", charon.rekeyChild),
  );
  await report.step(
    "IKE SA rekey, asked for by libreswan",
    () => expectRekey(ends, "ike", libreswan.rekeyIke),
  );
  await report.step(
    "IKE SA rekey, asked for by charon",
    () => expectRekey(ends, "ike", charon.rekeyIke),
  );
}

/**
 * Reads charon's list; there must be exactly one established IKE SA with one installed Child SA.
 */
export async function expectOneTunnel(charon: Swanctl): Promise<CharonState> {
  const list = await charon.sas();
  const ike = [...list.matchAll(/^guest: #\d+, ESTABLISHED, IKEv2, (\w+)_i\*? (\w+)_r\*?$/gm)];
  const children = [...list.matchAll(/^ {2}net: #\d+, .*INSTALLED/gm)];
  const inbound = [...list.matchAll(/^ {4}in +(\w+),/gm)];
  assert.deepEqual([ike.length, children.length, inbound.length], [1, 1, 1], list);
  return { ike: `${ike[0]?.[1]} ${ike[0]?.[2]}`, child: inbound[0]?.[1] ?? "" };
}
