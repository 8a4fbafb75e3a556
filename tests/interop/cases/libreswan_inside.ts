// libreswan against the gateway's own IKE: nothing else answers. What is agreed on is ESP that the
// gateway opens and seals, between the guest's kernel and a TUN device.
//
//     guest: libreswan + espintcp ---- wire: nft, resets ---- gw: Culvert, IKE inside
//     inner 10.93.30.7                                        inner 10.93.29.1, on its TUN

import { strict as assert } from "node:assert";
import type { Case, Scene } from "../lib/case.ts";
import type { Gateway, Peer } from "../lib/gateway.ts";
import type { PlanChanges } from "../../support/ike/plan.ts";
import { startTunGateway } from "../lib/gateway.ts";
import type { Guest } from "../lib/guest.ts";
import type { Libreswan } from "../lib/libreswan.ts";
import { startLibreswanWith } from "../lib/libreswan.ts";
import { iperf, pingFromGuest, pingFromHost, startIperfServer } from "../lib/measure.ts";
import { cutTcp, layNetwork, mendTcp } from "../lib/network.ts";
import { pause, until } from "../lib/process.ts";

const DPD_SECONDS = 3;

/** libreswan begins anew on another connection when this life ends, and only then. */
const IKE_LIFE_SECONDS = 60;

export const LIBRESWAN_INSIDE: Case = {
  name: "libreswan-inside",
  about: "libreswan over TCP, to the gateway's own IKE",
  limitS: 300,
  run: runLibreswanInside,
};

/** The gateway's lives are so short that it replaces a Child SA every two seconds. */
export const LIBRESWAN_INSIDE_REKEYS: Case = {
  name: "libreswan-inside-rekeys",
  about: "the gateway rekeys libreswan's SAs 24 times in a minute, under pings",
  limitS: 240,
  run: runRekeys,
};

async function runRekeys(scene: Scene): Promise<void> {
  const { report } = scene;
  const { guest, gateway, libreswan } = await setScene(scene, { childMs: 1900, ikeMs: 9000 });
  await libreswan.up();
  await report.step("24 Child SA rekeys and 4 IKE SA rekeys, without a lost ping", async () => {
    const before = await onePeer(gateway);
    await guest.must("ping -i 0.02 -w 60 -q 10.93.29.1 >/run/pings 2>&1 &");
    await pause(62_000);
    const now = await onePeer(gateway);
    assert.equal(now.id, before.id);
    report.figure("Child SA rekeys in a minute", String(now.rekeys.child));
    assert.ok(now.rekeys.child >= 24 && now.rekeys.ike >= 4, JSON.stringify(now.rekeys));
    const pings = await guest.must("cat /run/pings");
    assert.match(pings, / 0% packet loss/, pings);
  });
  await report.step("stop the gateway", () => gateway.stop());
}

/** Starts a gateway and libreswan; the tunnel is not up yet. */
async function setScene(scene: Scene, changes: Partial<PlanChanges> = {}): Promise<Ends> {
  await layNetwork(1500);
  const guest = await scene.boot(1500);
  const gateway = await startTunGateway(1400, 2, {
    entry: "tests/support/programs/ike_program.ts",
    env: { CULVERT_TEST_PLAN: JSON.stringify({ ...PLAN, ...changes }) },
  });
  const libreswan = await startLibreswanWith(guest, {
    dpdSeconds: DPD_SECONDS,
    ikeLifeSeconds: IKE_LIFE_SECONDS,
  });
  scene.onFailure("libreswan", libreswan.log);
  return { guest, gateway, libreswan };
}

async function runLibreswanInside(scene: Scene): Promise<void> {
  const { report } = scene;
  const { guest, gateway, libreswan } = await setScene(scene);

  await report.step("IKEv2 up, by a secret", async () => {
    await libreswan.up();
    const peer = await onePeer(gateway);
    assert.deepEqual([peer.identity, peer.children.length], ["guest", 1]);
  });
  await report.step("ping both ways", async () => {
    report.figure("ping, mean round trip", `${await pingFromGuest(guest, 20)} ms`);
    await pingFromHost("gw", 20);
  });
  await startIperfServer("gw");
  for (const direction of ["guest to host", "host to guest"] as const) {
    await report.step(`iperf3 ${direction}`, async () => {
      report.figure(`iperf3, ${direction}`, `${await iperf(guest, direction, 4)} Mbit/s`);
    });
  }
  await expectAllRekeys(scene, { guest, gateway, libreswan });
  await report.step("an idle tunnel lives on by dead-peer detection's questions", async () => {
    const before = await onePeer(gateway);
    await pause(DPD_SECONDS * 3000);
    assert.equal((await onePeer(gateway)).id, before.id);
    await pingFromGuest(guest, 3);
  });
  await report.step("delete, by libreswan", async () => {
    await libreswan.down();
    await until("no peer", 10_000, async () => (await gateway.peers()).length === 0 || undefined);
    assert.equal(await gateway.metric("culvert_sas"), 0);
  });
  await report.step("up again; delete by the gateway, and libreswan starts anew", async () => {
    await libreswan.up();
    const before = await onePeer(gateway);
    await gateway.endPeer(before.id);
    await until("another peer", 20_000, async () => {
      const [now] = await gateway.peers();
      return now !== undefined && now.id !== before.id ? true : undefined;
    });
    await pingFromGuest(guest, 5);
  });
  await report.step("cut for a second under traffic; the tunnel is there again", async () => {
    await guest.must("ping -i 0.05 -w 3 10.93.29.1 >/dev/null 2>&1 &");
    await pause(300);
    await cutTcp();
    await pause(1000);
    await mendTcp();
    const begun = performance.now();
    await until("a ping through the tunnel", (IKE_LIFE_SECONDS + 20) * 1000, async () => {
      const { code } = await guest.run("ping -c 1 -W 1 -I 10.93.30.7 10.93.29.1");
      return code === 0 ? true : undefined;
    });
    const seconds = (performance.now() - begun) / 1000;
    report.figure(`cut for 1 s, ikelifetime=${IKE_LIFE_SECONDS}s`, `${seconds.toFixed(1)} s`);
    await pingFromHost("gw", 5);
  });
  await report.step("stop the gateway", () => gateway.stop());
}

/** What `docs/guide/libreswan.md` has on its side. */
const PLAN: PlanChanges = {
  localId: "@daemon",
  remoteId: "@guest",
  psk: "put a long random secret here",
  remote: "10.93.30.7/32",
};

/** The one peer that is there. */
async function onePeer(gateway: Gateway): Promise<Peer> {
  const peers = await gateway.peers();
  const [peer] = peers;
  assert.ok(peer !== undefined && peers.length === 1, JSON.stringify(peers));
  return peer;
}

interface Ends {
  readonly guest: Guest;
  readonly gateway: Gateway;
  readonly libreswan: Libreswan;
}

/** Rekeys of both kinds, asked for by libreswan. Those of the gateway come by its lifetimes. */
async function expectAllRekeys({ report }: Scene, ends: Ends): Promise<void> {
  const { guest, gateway, libreswan } = ends;
  const kinds = [["child", libreswan.rekeyChild], ["ike", libreswan.rekeyIke]] as const;
  for (const [what, rekey] of kinds) {
    await report.step(`${what} SA rekey, asked for by libreswan, under pings`, async () => {
      const before = await onePeer(gateway);
      await guest.must("ping -i 0.05 -c 60 -q 10.93.29.1 >/run/pings 2>&1 &");
      await rekey();
      await until(`a new ${what} SA`, 10_000, async () => {
        const [now] = await gateway.peers();
        return now !== undefined && now.rekeys[what] > before.rekeys[what] ? true : undefined;
      });
      await pause(4000);
      const pings = await guest.must("cat /run/pings");
      assert.match(pings, / 0% packet loss/, pings);
      await until("one Child SA", 10_000, async () => {
        const [now] = await gateway.peers();
        return now?.children.length === 1 ? true : undefined;
      });
      await pingFromHost("gw", 5);
    });
  }
}
