// The Linux kernel's own ESP-in-TCP against the gateway's core: no IKE, keys made by the case.
//
//     guest: ip xfrm + espintcp ------ TCP 4500 ------ gw: Culvert ---- culvert0 (TUN)
//     inner 10.93.30.7                                                  inner 10.93.29.1

import { strict as assert } from "node:assert";
import { startTunGateway } from "../lib/gateway.ts";
import type { Gateway } from "../lib/gateway.ts";
import type { Guest } from "../lib/guest.ts";
import type { Case, Scene } from "../lib/case.ts";
import { kernelRefusals, sequenceNumbers, startEspInTcp } from "../lib/kernel_peer.ts";
import { makeSaPair } from "../lib/kernel_sas.ts";
import type { Suite } from "../lib/kernel_sas.ts";
import { iperf, pingFromGuest, pingFromHost, startIperfServer } from "../lib/measure.ts";
import { layNetwork } from "../lib/network.ts";

interface KernelCase extends Suite {
  readonly name: string;
  readonly about: string;
  readonly innerMtu: number;
}

const LOCAL_PORT = 45_000;

/** The gateway's own counters that must not move while an honest peer sends. */
const REFUSALS = [
  ...["frame_short", "esp_short", "unknown_spi", "seq_zero", "seq_replayed", "seq_stale"],
  ...["icv_mismatch", "pad_length_invalid", "pad_octets_invalid", "next_header_unknown"],
  ...["inner_invalid", "selector_mismatch", "sa_expired"],
];

const VARIANTS: readonly KernelCase[] = [
  {
    name: "kernel-gcm",
    about: "Linux espintcp, AES-128-GCM",
    ...{ aead: "aes-gcm-16", keyLen: 20, esn: false, initialSequence: 0, innerMtu: 1400 },
  },
  {
    name: "kernel-esn",
    about: "Linux espintcp, AES-256-GCM with ESN, across 2^32",
    // The pings of the case cross the border of the sequence number's low half, in both directions.
    ...{ aead: "aes-gcm-16", keyLen: 36, esn: true, initialSequence: 2 ** 32 - 8, innerMtu: 1400 },
  },
  {
    name: "kernel-chacha",
    about: "Linux espintcp, ChaCha20-Poly1305 with ESN",
    ...{ aead: "chacha20-poly1305", keyLen: 36, esn: true, initialSequence: 0, innerMtu: 1400 },
  },
  {
    name: "kernel-9000",
    about: "Linux espintcp, AES-128-GCM, inner packets of 9000 octets",
    ...{ aead: "aes-gcm-16", keyLen: 20, esn: false, initialSequence: 0, innerMtu: 9000 },
  },
];

export const KERNEL_CASES: readonly Case[] = VARIANTS.map((variant) => ({
  name: variant.name,
  about: variant.about,
  limitS: 120,
  run: (scene) => runKernelCase(scene, variant),
}));

async function runKernelCase(scene: Scene, variant: KernelCase): Promise<void> {
  const { report } = scene;
  const linkMtu = variant.innerMtu + 216;
  await layNetwork(linkMtu);
  const guest = await scene.boot(linkMtu);
  const gateway = await startTunGateway(variant.innerMtu, 1);
  const sas = makeSaPair(variant);

  await report.step("install SAs on both ends and connect", async () => {
    for (const spec of sas.specs) await gateway.install(spec);
    await startEspInTcp(guest, LOCAL_PORT);
    await guest.must(sas.install(LOCAL_PORT));
  });
  await report.step("ping both ways", async () => {
    const rtt = await pingFromGuest(guest, 20);
    await pingFromHost("gw", 20);
    report.figure("ping, mean round trip", `${rtt} ms`);
  });
  await report.step(`ping both ways with ${variant.innerMtu} octets`, async () => {
    await pingFromGuest(guest, 5, variant.innerMtu);
    await pingFromHost("gw", 5, variant.innerMtu);
  });
  if (variant.initialSequence !== 0) {
    await report.step("the numbers of both directions have crossed 2^32", async () => {
      const { sent, seen } = await sequenceNumbers(guest);
      assert.ok(sent > 2 ** 32 && seen > 2 ** 32, `sent ${sent}, seen ${seen}`);
    });
  }
  await startIperfServer("gw");
  for (const direction of ["guest to host", "host to guest"] as const) {
    await report.step(`iperf3 ${direction}`, async () => {
      report.figure(`iperf3, ${direction}`, `${await iperf(guest, direction, 4)} Mbit/s`);
    });
  }
  await report.step(
    "count: nothing refused on either side",
    () => expectNothingRefused(gateway, guest),
  );
  await report.step("stop the gateway", () => gateway.stop());
}

async function expectNothingRefused(gateway: Gateway, guest: Guest): Promise<string> {
  for (const reason of REFUSALS) {
    assert.equal(await gateway.metric("culvert_drops_total", { reason }), 0, reason);
  }
  assert.equal(await kernelRefusals(guest), "", "refused by the guest's kernel");
  const opened = await gateway.metric("culvert_esp_packets_total", { direction: "inbound" });
  const { sent, seen } = await sequenceNumbers(guest);
  return `${opened} packets opened; the guest has sent number ${sent} and seen ${seen}`;
}
