// Two unmodified IKE daemons: libreswan, which speaks TCP, and charon, which does not. The gateway
// passes IKE and ESP through and holds no key.
//
//     guest: libreswan + espintcp ---- TCP 4500 ---- gw: Culvert ---- UDP 4500 ---- ike: charon + libipsec
//     inner 10.93.30.7                                                              inner 10.93.29.1

import { strict as assert } from "node:assert";
import type { Charon } from "../lib/charon.ts";
import type { Gateway } from "../lib/gateway.ts";
import { DPD_SECONDS, expectAllRekeys, expectOneTunnel, setIkeScene } from "../lib/ike_scene.ts";
import type { IkeScene } from "../lib/ike_scene.ts";
import type { Case, Scene } from "../lib/case.ts";
import { iperf, pingFromGuest, pingFromHost, startIperfServer } from "../lib/measure.ts";
import { blackHole, IKE } from "../lib/network.ts";
import { pause, until } from "../lib/process.ts";

export const LIBRESWAN: Case = {
  name: "libreswan",
  about: "libreswan over TCP, through the gateway, to strongSwan on UDP",
  limitS: 240,
  run: runLibreswan,
};

async function runLibreswan(scene: Scene): Promise<void> {
  const { report } = scene;
  const ike = await setIkeScene(scene, {
    charonIn: "ike",
    upstream: ["--upstream", `${IKE}:4500`],
    ikeLifeSeconds: 3600,
  });
  const { guest, charon, gateway, libreswan } = ike;

  await report.step("IKEv2 up", async () => {
    await libreswan.up();
    await expectOneTunnel(charon);
  });
  await report.step("ping both ways", async () => {
    report.figure("ping, mean round trip", `${await pingFromGuest(guest, 20)} ms`);
    await pingFromHost("ike", 20);
  });
  await startIperfServer("ike");
  for (const direction of ["guest to host", "host to guest"] as const) {
    await report.step(`iperf3 ${direction}`, async () => {
      report.figure(`iperf3, ${direction}`, `${await iperf(guest, direction, 4)} Mbit/s`);
    });
  }
  await expectAllRekeys(report, { guest, charon, innerHost: "ike" }, libreswan);
  await report.step(
    "an idle tunnel lives on by dead-peer detection's questions",
    () => expectIdleLiveness(charon, gateway),
  );
  await report.step("delete, by libreswan", async () => {
    await libreswan.down();
    await expectNothingLeft(charon, gateway);
  });
  await report.step("up again; delete by charon, and libreswan starts anew", async () => {
    await libreswan.up();
    await expectNewTunnelAfter(ike, charon.terminate);
  });
  await report.step("a silent link: charon finds its peer dead", async () => {
    const seconds = await secondsUntilPeerDead(charon);
    report.figure("silent link: charon finds its peer dead", `${seconds.toFixed(1)} s`);
  });
  await report.step("stop the gateway", () => gateway.stop());
}

async function expectIdleLiveness(charon: Charon, gateway: Gateway): Promise<void> {
  const ikeFrames = (): Promise<number> => gateway.metric("culvert_frames_total", { kind: "ike" });
  const before = await ikeFrames();
  await pause(DPD_SECONDS * 3000);
  const now = await ikeFrames();
  assert.ok(now >= before + 4, `IKE frames: ${before}, then ${now}`);
  await expectOneTunnel(charon);
}

/**
 * libreswan keeps up a connection that whack has brought up: after the peer's delete it makes a new
 * IKE SA, on a new TCP connection.
 */
async function expectNewTunnelAfter(
  { guest, charon }: IkeScene,
  end: () => Promise<void>,
): Promise<void> {
  const before = await expectOneTunnel(charon);
  await end();
  await until("a new IKE SA", 10_000, async () => {
    const now = await expectOneTunnel(charon).catch(() => undefined);
    return now !== undefined && now.ike !== before.ike ? true : undefined;
  });
  await pingFromGuest(guest, 3);
}

async function secondsUntilPeerDead(charon: Charon): Promise<number> {
  await blackHole();
  const begun = performance.now();
  await until(
    "charon gives its peer up",
    30_000,
    async () => (await charon.sas()).trim() === "" ? true : undefined,
  );
  return (performance.now() - begun) / 1000;
}

/**
 * After a delete charon has no SA; the connection goes with it, or with the gateway's idle timeout.
 */
async function expectNothingLeft(charon: Charon, gateway: Gateway): Promise<void> {
  await until(
    "charon without SAs",
    10_000,
    async () => (await charon.sas()).trim() === "" ? true : undefined,
  );
  await until(
    "the gateway without connections",
    20_000,
    async () => (await gateway.connections()).length === 0 ? true : undefined,
  );
}
