// strongSwan against the gateway's own IKE. It knows UDP only, and a relay puts that into TCP.
//
//     ike: charon + libipsec ---- UDP 500, 4500 ---- gw: relay ---- TCP 4500 ---- gw: Culvert, IKE inside
//     inner 10.93.30.7                                                            inner 10.93.29.1, on its TUN

import { strict as assert } from "node:assert";
import { mkdirSync, writeFileSync } from "node:fs";
import type { Case, Scene } from "../lib/case.ts";
import { startTunGateway } from "../lib/gateway.ts";
import type { Gateway, Peer } from "../lib/gateway.ts";
import { expectOneTunnel } from "../lib/ike_scene.ts";
import { pingFromHost } from "../lib/measure.ts";
import { layNetwork } from "../lib/network.ts";
import { pause, until } from "../lib/process.ts";
import { startStrongswanClient } from "../lib/strongswan_client.ts";
import type { StrongswanClient } from "../lib/strongswan_client.ts";

const DPD_SECONDS = 2;

export const STRONGSWAN_INSIDE: Case = {
  name: "strongswan-inside",
  about: "strongSwan through a relay, to the gateway's own IKE",
  limitS: 180,
  run: runStrongswanInside,
};

/** The gateway's lives are so short that it replaces a Child SA every three seconds. */
export const STRONGSWAN_INSIDE_REKEYS: Case = {
  name: "strongswan-inside-rekeys",
  about: "the gateway rekeys strongSwan's SAs, under pings",
  limitS: 180,
  run: runRekeys,
};

interface Ends {
  readonly gateway: Gateway;
  readonly client: StrongswanClient;
}

/** Starts both ends; the tunnel is not up yet. */
async function setScene(flags: readonly string[]): Promise<Ends> {
  await layNetwork(1500);
  writeFileSync("/run/guest.psk", "put a long random secret here\n", { mode: 0o600 });
  writeFileSync("/run/culvert.toml", CONFIG, { mode: 0o600 });
  mkdirSync("/run/state", { mode: 0o700 });
  const gateway = await startTunGateway(1400, 2, {
    flags: [
      ...["--ike", "inside", "--config", "/run/culvert.toml", "--state-dir", "/run/state"],
      ...flags,
    ],
  });
  return { gateway, client: await startStrongswanClient(DPD_SECONDS) };
}

const CONFIG = `
ike_id = "daemon"

[[peer]]
id = "guest"
psk_file = "/run/guest.psk"
local = ["10.93.29.0/24"]
remote = ["10.93.30.7/32"]
`;

async function runStrongswanInside({ report }: Scene): Promise<void> {
  const { gateway, client } = await setScene([]);
  await report.step("IKEv2 up, by a secret", () => expectUp({ gateway, client }));
  await report.step("ping both ways", async () => {
    report.figure("ping, mean round trip", `${roundTrip(await client.ping(20))} ms`);
    await pingFromHost("gw", 10);
  });
  for (const what of ["child", "ike"] as const) {
    await report.step(
      `${what} SA rekey, asked for by charon, under pings`,
      () => expectRekey({ gateway, client }, what),
    );
  }
  await report.step("an idle tunnel lives on by dead-peer detection's questions", async () => {
    const before = await onePeer(gateway);
    const asked = client.questions();
    await pause(DPD_SECONDS * 4000);
    assert.ok(client.questions() > asked);
    assert.equal((await onePeer(gateway)).id, before.id);
    await expectOneTunnel(client);
  });
  await report.step("cut under pings: the same SAs go on, on another connection", async () => {
    const before = [await onePeer(gateway), await expectOneTunnel(client)] as const;
    const dialled = client.relay.dialled();
    const pings = client.ping(60);
    await pause(1000);
    client.relay.cut();
    report.figure("cut under 20 pings a second", await pings.then(lossOf));
    assert.ok(client.relay.dialled() > dialled);
    expectNoLoss(await client.ping(20));
    await pingFromHost("gw", 5);
    assert.equal((await onePeer(gateway)).id, before[0].id);
    assert.deepEqual(await expectOneTunnel(client), before[1]);
  });
  await report.step("delete, by charon", async () => {
    await client.terminate();
    await expectNoPeer(gateway);
  });
  await report.step("up again; delete by the gateway", async () => {
    await expectUp({ gateway, client });
    await gateway.endPeer((await onePeer(gateway)).id);
    await until("no IKE SA in charon", 10_000, async () => {
      return (await client.sas()).includes("guest:") ? undefined : true;
    });
    await expectNoPeer(gateway);
  });
  await report.step("a silent link: charon finds its peer dead", async () => {
    await expectUp({ gateway, client });
    await client.relay.stop();
    await until("no IKE SA in charon", 20_000, async () => {
      return (await client.sas()).includes("ESTABLISHED") ? undefined : true;
    });
  });
  await report.step("stop the gateway", () => gateway.stop());
}

async function runRekeys({ report }: Scene): Promise<void> {
  const { gateway, client } = await setScene(LIVES);
  await expectUp({ gateway, client });
  await report.step("rekeys of both kinds, by the gateway, without a lost ping", async () => {
    const before = await onePeer(gateway);
    expectNoLoss(await client.ping(600));
    const now = await onePeer(gateway);
    assert.equal(now.id, before.id);
    report.figure("Child SA rekeys in 30 s", String(now.rekeys.child));
    assert.ok(now.rekeys.child >= 8 && now.rekeys.ike >= 2, JSON.stringify(now.rekeys));
    // charon keeps an old SA for five seconds, as DELETED, for packets that are late.
    const list = await client.sas();
    assert.equal(list.match(/, INSTALLED,/g)?.length, 1, list);
  });
  await report.step("stop the gateway", () => gateway.stop());
}

const LIVES = ["--child-lifetime-s", "3", "--ike-lifetime-s", "10"];

async function expectUp({ gateway, client }: Ends): Promise<void> {
  await client.up();
  await expectOneTunnel(client);
  const peer = await onePeer(gateway);
  assert.deepEqual([peer.identity, peer.children.length], ["guest", 1]);
}

/** Rekeys, and expects new SPIs, the end of the old ones, and no lost ping meanwhile. */
async function expectRekey({ gateway, client }: Ends, what: "child" | "ike"): Promise<void> {
  const before = [await onePeer(gateway), await expectOneTunnel(client)] as const;
  const pings = client.ping(60);
  await (what === "child" ? client.rekeyChild() : client.rekeyIke());
  expectNoLoss(await pings);
  await until(`a new ${what} SA, alone`, 15_000, async () => {
    const now = await expectOneTunnel(client).catch(() => undefined);
    const peer = await onePeer(gateway);
    const isNew = now !== undefined && now[what] !== before[1][what] &&
      peer.rekeys[what] > before[0].rekeys[what];
    return isNew && peer.children.length === 1 ? true : undefined;
  });
  await pingFromHost("gw", 5);
}

async function expectNoPeer(gateway: Gateway): Promise<void> {
  await until("no peer", 10_000, async () => (await gateway.peers()).length === 0 || undefined);
  assert.equal(await gateway.metric("culvert_sas"), 0);
}

function expectNoLoss(pings: string): void {
  assert.match(pings, / 0% packet loss/, pings);
}

function lossOf(pings: string): string {
  const found = pings.match(/(\d+) packets transmitted, (\d+) received/);
  assert.ok(found, pings);
  return `${Number(found[1]) - Number(found[2])} lost`;
}

function roundTrip(pings: string): string {
  const found = pings.match(/= [\d.]+\/([\d.]+)\//);
  assert.ok(found?.[1], pings);
  return found[1];
}

/** The one peer that is there. */
async function onePeer(gateway: Gateway): Promise<Peer> {
  const peers = await gateway.peers();
  const [peer] = peers;
  assert.ok(peer !== undefined && peers.length === 1, JSON.stringify(peers));
  return peer;
}
