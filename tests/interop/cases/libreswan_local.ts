// Gateway and charon on one machine, the usual case: the gateway on TCP 4500, charon on UDP 4500,
// one loopback address for each client between them.
//
//     guest: libreswan + espintcp ---- TCP 4500 ---- gw: Culvert -- UDP from 127.64.x.x to 127.0.0.1:4500 -- charon
//     inner 10.93.30.7                                                                     inner 10.93.29.1

import { strict as assert } from "node:assert";
import { gatewayWords } from "../../support/examples.ts";
import { expectOneTunnel, setIkeScene } from "../lib/ike_scene.ts";
import type { Case, Scene } from "../lib/case.ts";
import { pingFromGuest, pingFromHost } from "../lib/measure.ts";

export const LIBRESWAN_LOCAL: Case = {
  name: "libreswan-local",
  about: "libreswan over TCP to a gateway with strongSwan beside it, on 127.0.0.1",
  limitS: 60,
  run: runLibreswanLocal,
};

async function runLibreswanLocal(scene: Scene): Promise<void> {
  const { report } = scene;
  const { guest, charon, gateway, libreswan } = await setIkeScene(scene, {
    charonIn: "gw",
    // The page's command, but for its --listen, which every gateway here has.
    upstream: gatewayWords("strongswan", "gateway").slice(2),
    ikeLifeSeconds: 3600,
  });
  await report.step("IKEv2 up; charon sees an address of this client's own", async () => {
    await libreswan.up();
    await expectOneTunnel(charon);
    const remote = (await charon.sas()).match(/remote 'guest' @ (127\.\d+)\.\d+\.\d+\[/)?.[1] ?? "";
    assert.match(remote, /^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])$/);
  });
  await report.step("ping both ways", async () => {
    await pingFromGuest(guest, 10);
    await pingFromHost("gw", 10);
  });
  await report.step("stop the gateway", () => gateway.stop());
}
