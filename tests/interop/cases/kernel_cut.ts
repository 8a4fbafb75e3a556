// The TCP connection is cut in the middle, and a new one carries the same SAs on. Their numbers and
// windows outlive it (RFC 9329 §6.1), and packets that are not fresh do not move their path.
//
//     guest: ip xfrm + espintcp ----- wire: nft, resets ----- gw: Culvert ---- culvert0 (TUN)
//     inner 10.93.30.7                 |                                       inner 10.93.29.1
//                                      +-- the case's own connection, which sends old packets

import { strict as assert } from "node:assert";
import { espFrame, sendFrames } from "../lib/esp_forger.ts";
import { startTunGateway } from "../lib/gateway.ts";
import type { Gateway } from "../lib/gateway.ts";
import type { Guest } from "../lib/guest.ts";
import type { Case, Scene } from "../lib/case.ts";
import {
  connected,
  downSeconds,
  sequenceNumbers,
  startEspInTcp,
  stopEspInTcp,
} from "../lib/kernel_peer.ts";
import { makeSaPair } from "../lib/kernel_sas.ts";
import { iperf, pingFromGuest, pingFromHost, startIperfServer } from "../lib/measure.ts";
import { cutTcp, layNetwork, mendTcp } from "../lib/network.ts";
import { pause, until } from "../lib/process.ts";

const FIRST_PORT = 45_000;
const SECOND_PORT = 45_001;
const CUT_MS = 1000;

export const KERNEL_CUT: Case = {
  name: "kernel-cut",
  about: "Linux espintcp, the connection reset by a firewall; the SAs go on",
  limitS: 120,
  run: runKernelCut,
};

async function runKernelCut(scene: Scene): Promise<void> {
  const { report } = scene;
  await layNetwork(1500);
  const guest = await scene.boot(1500);
  // Two lanes: the connections of one SA may fall to either.
  const gateway = await startTunGateway(1400, 2);
  const suite = { aead: "aes-gcm-16", keyLen: 20, esn: false, initialSequence: 0 } as const;
  const sas = makeSaPair(suite);
  for (const spec of sas.specs) await gateway.install(spec);
  await startEspInTcp(guest, FIRST_PORT);
  await guest.must(sas.install(FIRST_PORT));
  await startIperfServer("gw");

  await report.step("traffic before the cut", async () => {
    await pingFromGuest(guest, 10);
    await iperf(guest, "guest to host", 2);
  });
  const before = await sequenceNumbers(guest);
  await report.step("cut: reset both ends; then a new connection from the same port", async () => {
    await cutUnderTraffic(guest);
    await connected(guest, 2);
    await pingFromGuest(guest, 10);
    await pingFromHost("gw", 10);
    report.figure("cut for 1 s, same port: down", `${(await downSeconds(guest)).toFixed(1)} s`);
    return await expectNumbersGoOn(guest, before);
  });
  await report.step("one connection is left, and traffic flows on it", async () => {
    await expectOneConnection(gateway);
    await iperf(guest, "host to guest", 2);
  });
  await report.step(
    "old packets on a connection of their own: refused, the path stays",
    async () => {
      const { sent } = await sequenceNumbers(guest);
      await expectRefused(gateway, [espFrame(sas.specs[0], 1), espFrame(sas.specs[0], sent)]);
      await pingFromGuest(guest, 3);
    },
  );
  await report.step("another local port, by `ip xfrm state update`", async () => {
    const numbers = await sequenceNumbers(guest);
    await cutTcp();
    await stopEspInTcp(guest);
    await mendTcp();
    await startEspInTcp(guest, SECOND_PORT);
    await guest.must(sas.move(SECOND_PORT));
    await pingFromGuest(guest, 10);
    await pingFromHost("gw", 10);
    return await expectNumbersGoOn(guest, numbers);
  });
  await report.step("stop the gateway", () => gateway.stop());
}

/** Cuts while pings run, so that both ends notice by a reset and not by silence. */
async function cutUnderTraffic(guest: Guest): Promise<void> {
  await guest.must(`ping -i 0.05 -w 3 10.93.29.1 >/dev/null 2>&1 &`);
  await pause(300);
  await cutTcp();
  await pause(CUT_MS);
  await mendTcp();
}

async function expectNumbersGoOn(
  guest: Guest,
  before: { sent: number; seen: number },
): Promise<string> {
  const now = await sequenceNumbers(guest);
  assert.ok(now.sent > before.sent, `sent ${before.sent}, then ${now.sent}`);
  assert.ok(now.seen > before.seen, `seen ${before.seen}, then ${now.seen}`);
  return `sent ${before.sent} -> ${now.sent}, seen ${before.seen} -> ${now.seen}`;
}

async function expectOneConnection(gateway: Gateway): Promise<void> {
  await until("the cut connection to go", 5000, async () => {
    return (await gateway.connections()).length === 1 ? true : undefined;
  });
}

/** Each frame must be refused, and the path must stay where it is. */
async function expectRefused(gateway: Gateway, frames: readonly Uint8Array[]): Promise<void> {
  const refusals = async (): Promise<number> =>
    await gateway.metric("culvert_drops_total", { reason: "seq_stale" }) +
    await gateway.metric("culvert_drops_total", { reason: "seq_replayed" });
  const before = await refusals();
  const socket = await sendFrames(frames);
  await until(`${frames.length} refusals`, 3000, async () => {
    return await refusals() === before + frames.length ? true : undefined;
  });
  await pingFromHost("gw", 3);
  socket.destroy();
}
