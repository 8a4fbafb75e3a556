// `deno task bench:wire`: measures tunnels between two hosts, which are network namespaces joined
// by a veth, with iperf3 and ping. Culvert at both ends runs beside plain TCP and every rival that
// is installed. Needs root.
//
//     --json --progress --only TEXT --runs N --out FILE --seconds N

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { engineLibraryPath } from "../../gateway/runtime/files.ts";
import { runtime } from "../../gateway/runtime/mod.ts";
import { allOutput } from "../../tests/interop/lib/process.ts";
import { wholeFlag } from "../lib/flags.ts";
import { noCase } from "../lib/no_case.ts";
import { openReport, parseBenchArgs } from "../lib/report.ts";
import { runMain } from "../lib/run_main.ts";
import { settingOf } from "../lib/setting.ts";
import { enterNamespace } from "../path/namespace.ts";
import { type Engine, openCulvert, type TunnelOptions } from "./culvert.ts";
import { openLibipsec } from "./libipsec.ts";
import { type Link, openLink } from "./link.ts";
import { FORMS, measurePings, measureTransfers, pingsOf, transfersOf } from "./suite.ts";
import { plainTcp, type Tunnel } from "./tunnel.ts";
import { openVeepin, VEEPIN_VARIABLE, veepinProgram } from "./veepin.ts";

async function main(): Promise<number> {
  const options = parseBenchArgs(runtime.args, { runs: 5, further: { seconds: "2" } });
  const seconds = wholeFlag("seconds", options.further.seconds, { min: 1 });
  const { only, runs } = options;
  const forms = FORMS.filter((form) => transfersOf(form, only).length > 0);
  if (forms.length + pingsOf(only).length === 0) return noCase(options);
  const missing = missingHere();
  if (missing.length > 0) {
    process.stderr.write(`bench:wire needs what is not here: ${missing.join(", ")}\n`);
    return 1;
  }
  const code = enterNamespace(fileURLToPath(import.meta.url), runtime.args);
  if (code !== undefined) return code;
  const report = openReport(settingOf("wire"), options);
  const folder = mkdtempSync(`${tmpdir()}/culvert-wire-`);
  const tunnels: Tunnel[] = [];
  const link = await openLink();
  try {
    await openAll(tunnels, link, folder);
    const suite = { only, runs, seconds };
    report.progress.expect(forms.flatMap((form) => transfersOf(form, only)).length);
    report.progress.expect(pingsOf(only).length);
    for (const form of forms) {
      const { own } = form;
      const those = own === undefined ? tunnels : await openOwn(link, { folder, own });
      await measureTransfers(report, { link, tunnels: those }, { ...suite, form });
    }
    await measurePings(report, { link, tunnels }, suite);
    return 0;
  } catch (error) {
    process.stderr.write(allOutput(10));
    throw error;
  } finally {
    await link.close();
    rmSync(folder, { recursive: true });
  }
}

/** Opens every tunnel that is available here, and prints why the others are not. */
async function openAll(tunnels: Tunnel[], link: Link, folder: string): Promise<void> {
  tunnels.push(...await openOwn(link, { folder, own: { lanes: 1, innerMtu: 1400 } }));
  if (!hasNative()) skip("culvert-native", "its library is not built: deno task build:native");
  if (hasProgram("charon-systemd") && hasProgram("swanctl")) {
    tunnels.push(await openLibipsec(link, folder));
  } else skip("libipsec", "not installed: charon-systemd, swanctl");
  const veepin = veepinProgram();
  if (veepin !== undefined) tunnels.push(await openVeepin(link, veepin));
  else skip("veepin", `not installed: ${VEEPIN_VARIABLE} names it`);
}

/** Culvert's tunnels, one for each engine that is available, and plain TCP to compare with. */
async function openOwn(
  link: Link,
  { folder, own }: { readonly folder: string; readonly own: TunnelOptions },
): Promise<Tunnel[]> {
  const engines: readonly Engine[] = hasNative() ? ["wasm", "native"] : ["wasm"];
  const tunnels = [plainTcp()];
  for (const engine of engines) {
    places++;
    tunnels.push(await openCulvert(link, { ...own, engine, folder, place: places }));
  }
  return tunnels;
}

/** Number of Culvert's tunnels so far. */
let places = 0;

function hasNative(): boolean {
  return existsSync(engineLibraryPath());
}

function skip(subject: string, why: string): void {
  process.stderr.write(`${subject}: ${why}\n`);
}

function missingHere(): string[] {
  const programs = ["ip", "iperf3", "ping", "nsenter", "unshare"].filter((name) =>
    !hasProgram(name)
  );
  return process.getuid?.() === 0 ? programs : ["root", ...programs];
}

function hasProgram(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}

if (import.meta.main) await runMain(main);
