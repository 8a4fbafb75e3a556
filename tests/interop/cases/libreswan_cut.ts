// The TCP connection between libreswan and the gateway is reset in the middle; libreswan brings its
// tunnel up again by itself when its IKE SA's life ends, and the case measures how long inner
// packets stay away.
//
//     guest: libreswan ---- wire: nft, resets ---- gw: Culvert ---- UDP 4500 ---- ike: charon + libipsec
//     inner 10.93.30.7                                                            inner 10.93.29.1

import { expectOneTunnel, setIkeScene } from "../lib/ike_scene.ts";
import type { Case, Scene } from "../lib/case.ts";
import { iperf, pingFromGuest, pingFromHost, startIperfServer } from "../lib/measure.ts";
import { cutTcp, IKE, mendTcp } from "../lib/network.ts";
import { pause, until } from "../lib/process.ts";

const CUT_MS = 1000;
const IKE_LIFE_SECONDS = 20;
const RECOVERY_MS = (IKE_LIFE_SECONDS + 10) * 1000;

export const LIBRESWAN_CUT: Case = {
  name: "libreswan-cut",
  about: "libreswan's connection reset by a firewall; the tunnel recovers by itself",
  limitS: 240,
  run: runLibreswanCut,
};

async function runLibreswanCut(scene: Scene): Promise<void> {
  const { report } = scene;
  const { guest, charon, gateway, libreswan } = await setIkeScene(scene, {
    charonIn: "ike",
    upstream: ["--upstream", `${IKE}:4500`],
    ikeLifeSeconds: IKE_LIFE_SECONDS,
  });
  await libreswan.up();
  await report.step("traffic before the cut", async () => void await pingFromGuest(guest, 10));
  await report.step("cut under traffic; the tunnel recovers by itself", async () => {
    const seconds = await secondsUntilPingAgain();
    report.figure(
      `cut for 1 s, ikelifetime=${IKE_LIFE_SECONDS}s and reauth=yes: until inner packets flow again`,
      `${seconds.toFixed(1)} s`,
    );
  });
  await report.step("one tunnel is left, on one connection, and carries traffic", async () => {
    await until("one tunnel, one connection", 20_000, async () => {
      const tunnel = await expectOneTunnel(charon).catch(() => undefined);
      const { length } = await gateway.connections();
      return tunnel !== undefined && length === 1 ? true : undefined;
    });
    await pingFromHost("ike", 5);
    await startIperfServer("ike");
    await iperf(guest, "guest to host", 2);
  });
  await report.step("stop the gateway", () => gateway.stop());

  async function secondsUntilPingAgain(): Promise<number> {
    await guest.must("ping -i 0.05 -w 3 10.93.29.1 >/dev/null 2>&1 &");
    await pause(300);
    const begun = performance.now();
    await cutTcp();
    await pause(CUT_MS);
    await mendTcp();
    await until("a ping through the tunnel", RECOVERY_MS, async () => {
      const { code } = await guest.run("ping -c 1 -W 1 -I 10.93.30.7 10.93.29.1");
      return code === 0 ? true : undefined;
    });
    return (performance.now() - begun) / 1000;
  }
}
