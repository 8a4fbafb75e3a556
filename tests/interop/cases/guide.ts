// Pages of docs/guide without an IKE daemon, command by command as they stand.

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { example } from "../../support/examples.ts";
import type { Case, Scene } from "../lib/case.ts";
import { pingFromGuest, pingFromHost } from "../lib/measure.ts";
import { inNamespace, INNER_GUEST, INNER_HOST, layNetwork } from "../lib/network.ts";
import { openPageShell } from "../lib/page_shell.ts";
import { must, script, until } from "../lib/process.ts";

export const GUIDE_CASES: readonly Case[] = [
  {
    name: "guide-first",
    about: "docs/guide/first-tunnel.md, command by command",
    limitS: 60,
    run: runFirstTunnel,
  },
  {
    name: "guide-culvert",
    about: "docs/guide/culvert.md, command by command",
    limitS: 60,
    run: runCulvert,
  },
  {
    name: "guide-espintcp",
    about: "docs/guide/linux-espintcp.md, command by command",
    limitS: 60,
    run: runEspInTcp,
  },
];

async function runFirstTunnel({ report }: Scene): Promise<void> {
  await script("ip link set lo up");
  const shell = openPageShell("first-tunnel");
  await report.step("start both ends", async () => {
    await shell.start("wire", "gateway").match(/^listening tcp=/m, 30_000);
    await shell.start("wire", "client").match(/^connecting /m, 30_000);
    await shell.run("wire", ["address"]);
  });
  await report.step("install four SAs, and ping", async () => {
    await shell.run("wire", ["sas"]);
    await shell.start("wire", "ping").match(/ icmp_seq=\d+ ttl=/, 10_000);
  });
}

async function runCulvert({ report }: Scene): Promise<void> {
  await layNetwork(1500);
  const shell = openPageShell("culvert", makeKeys());
  await report.step("start both ends", async () => {
    await shell.start("gw", "gateway").match(/^listening tcp=/m, 30_000);
    await shell.run("gw", ["gateway-address"]);
    await shell.start("wire", "client").match(/^connecting /m, 30_000);
    await shell.run("wire", ["client-address"]);
  });
  await report.step("install two SAs on each, and ping both ways", async () => {
    await shell.run("gw", ["function", "gateway-sas"]);
    await shell.run("wire", ["function", "client-sas"]);
    await must(["ping", "-c", "3", "-i", "0.2", "-w", "8", "-I", INNER_GUEST, INNER_HOST]);
    await must(
      inNamespace("gw", ["ping", "-c", "3", "-i", "0.2", "-w", "8", "-I", INNER_HOST, INNER_GUEST]),
    );
  });
}

async function runEspInTcp(scene: Scene): Promise<void> {
  const { report } = scene;
  const keys = makeKeys();
  await layNetwork(1500);
  const guest = await scene.boot(1500);
  const shell = openPageShell("culvert", keys);
  await report.step("the gateway", async () => {
    await shell.start("gw", "gateway").match(/^listening tcp=/m, 30_000);
    await shell.run("gw", ["gateway-address"]);
    await shell.run("gw", ["function", "gateway-sas"]);
  });
  const inGuest = async (name: string, after = ""): Promise<void> => {
    writeFileSync(`/run/share/${name}.sh`, example("linux-espintcp", name));
    await guest.must(`cd /share; UP=${keys.UP} DOWN=${keys.DOWN} sh -eu ${name}.sh ${after}`);
  };
  await report.step("the client", async () => {
    await inGuest("connection", ">/run/espintcp.log 2>&1 &");
    await until("the connection", 10_000, async () => {
      return (await guest.run("grep -q ' up$' /run/espintcp.log")).code === 0 ? true : undefined;
    });
    await inGuest("states");
    await inGuest("policies");
  });
  await report.step("ping both ways", async () => {
    await pingFromGuest(guest, 10);
    await pingFromHost("gw", 10);
  });
}

function makeKeys(): { UP: string; DOWN: string } {
  return { UP: randomBytes(20).toString("hex"), DOWN: randomBytes(20).toString("hex") };
}
