// Debian's strongSwan with ESP in the kernel, beside the gateway on one machine, as
// docs/guide/strongswan.md has it word for word; the client as docs/guide/libreswan.md has it.
//
//     guest: libreswan + espintcp ---- TCP 4500 ---- guest: Culvert -- UDP on lo -- charon, kernel ESP
//     inner 10.93.30.7                                                              inner 10.93.29.1

import { strict as assert } from "node:assert";
import type { Case, Scene } from "../lib/case.ts";
import type { Guest } from "../lib/guest.ts";
import { expectAllRekeys, expectOneTunnel } from "../lib/ike_scene.ts";
import { startLibreswan } from "../lib/libreswan.ts";
import { iperf, pingFromGuest, pingFromHost } from "../lib/measure.ts";
import { INNER_HOST, INNER_NET, layGuests } from "../lib/network.ts";
import { until } from "../lib/process.ts";
import {
  configureStrongswan,
  onInnerHost,
  startPageGateway,
  startStrongswan,
} from "../lib/strongswan_host.ts";

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
    await libreswan.comesUp();
    await expectOneTunnel(charon);
  });
  await report.step("ping both ways", async () => {
    report.figure("ping, mean round trip", `${await pingFromGuest(guest, 20)} ms`);
    await pingFromHost(host, 20);
  });
  await report.step(
    "a source that is not the client's: refused by the host's kernel",
    () => expectForeignSourceRefused(guest, host),
  );
  await host.must(onInnerHost(`iperf3 -s -D -B ${INNER_HOST}`));
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

/**
 * Lets the client's kernel send from an inner address outside the Child SA's selectors, as a hostile
 * client could.
 */
async function expectForeignSourceRefused(guest: Guest, host: Guest): Promise<void> {
  const refused = async (): Promise<number> =>
    Number(await host.must("awk '/^XfrmInNoPols/ { print $2 }' /proc/net/xfrm_stat"));
  const template = (await guest.must(`ip xfrm policy list dir out dst ${INNER_NET}`))
    .match(/tmpl (src \S+ dst \S+)\s+(proto esp reqid \d+ mode tunnel)/);
  assert.ok(template, "libreswan's policy");
  const policy = `src ${FOREIGN}/32 dst ${INNER_NET} dir out`;
  await guest.must(`
    ip addr add ${FOREIGN}/32 dev lo
    ip xfrm policy add ${policy} tmpl ${template[1]} ${template[2]}`);
  const before = await refused();
  const { output } = await guest.run(`ping -n -i 0.1 -c 5 -W 1 -I ${FOREIGN} ${INNER_HOST}`);
  assert.match(output, / 0 received/);
  assert.equal(await refused(), before + 5, "packets refused");
  await guest.must(`ip xfrm policy delete ${policy}; ip addr del ${FOREIGN}/32 dev lo`);
}

const FOREIGN = "10.93.30.99";
