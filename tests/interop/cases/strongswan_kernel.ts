// Debian's strongSwan with ESP in the kernel, beside the gateway on one machine, as
// docs/guide/strongswan.md has it word for word; the client as docs/guide/libreswan.md has it.
//
//     guest: libreswan + espintcp ---- TCP 4500 ---- guest: Culvert -- UDP on lo -- charon, kernel ESP
//     inner 10.93.30.7                                                              inner 10.93.29.1

import type { Case, Scene } from "../lib/case.ts";
import { expectAllRekeys, expectOneTunnel } from "../lib/ike_scene.ts";
import { startLibreswan } from "../lib/libreswan.ts";
import { iperf, pingFromGuest, pingFromHost } from "../lib/measure.ts";
import { INNER_HOST, layGuests } from "../lib/network.ts";
import { until } from "../lib/process.ts";
import { configureStrongswan, startPageGateway, startStrongswan } from "../lib/strongswan_host.ts";

export const STRONGSWAN_KERNEL: Case = {
  name: "strongswan-kernel",
  about: "libreswan over TCP to a gateway with strongSwan beside it, whose ESP is the kernel's",
  limitS: 180,
  run: runStrongswanKernel,
};

async function runStrongswanKernel(scene: Scene): Promise<void> {
  const { report } = scene;
  await layGuests(1500);
  await configureStrongswan();
  const [guest, host] = await Promise.all([scene.boot(1500), scene.bootGatewayHost(1500)]);
  scene.onFailure("charon", () => host.must("tail -n 40 /run/charon.log"));
  scene.onFailure("gateway", () => host.must("cat /run/gateway.log"));
  scene.onFailure(
    "kernel",
    () => host.must("ip route list table all; ip xfrm state; ip xfrm policy"),
  );
  scene.onFailure("xfrm_stat", () => host.must("cat /proc/net/xfrm_stat"));
  const charon = await startStrongswan(host);
  await startPageGateway(host);
  const libreswan = await startLibreswan(guest);
  scene.onFailure("libreswan", libreswan.log);

  await report.step("the tunnel comes up by itself", async () => {
    await until("a Child SA", 20_000, async () => {
      return await expectOneTunnel(charon).catch(() => undefined);
    });
  });
  await report.step("ping both ways", async () => {
    report.figure("ping, mean round trip", `${await pingFromGuest(guest, 20)} ms`);
    await pingFromHost(host, 20);
  });
  await host.must(`iperf3 -s -B ${INNER_HOST} >/dev/null 2>&1 &`);
  for (const direction of ["guest to host", "host to guest"] as const) {
    await report.step(`iperf3 ${direction}`, async () => {
      report.figure(`iperf3, ${direction}`, `${await iperf(guest, direction, 4)} Mbit/s`);
    });
  }
  await expectAllRekeys(report, { guest, charon, innerHost: host }, libreswan);
  await report.step("delete, by libreswan: nothing is left in the host's kernel", async () => {
    await libreswan.down();
    await until("charon and its kernel without SAs", 10_000, async () => {
      const left = await charon.sas() + await host.must("ip xfrm state");
      return left.trim() === "" ? true : undefined;
    });
  });
}
