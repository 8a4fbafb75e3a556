// One case, inside its namespaces.

import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { inspect } from "node:util";
import { CASES } from "../cases/mod.ts";
import { bootGatewayHost, bootGuest, XSTATE } from "./guest.ts";
import { allOutput, must } from "./process.ts";
import { createReport, say } from "./report.ts";

/** Folder of the guest programs: a copy, because the checkout's path may hold a space. */
const SHARE = "/run/share";

/** Runs the case named by `args` (name, kernel, root); returns the exit code. */
export async function runInside(here: string, args: readonly string[]): Promise<number> {
  const [name = "", kernel = "", root = ""] = args;
  const found = CASES.find((one) => one.name === name);
  if (found === undefined || process.pid !== 1) throw new RangeError(`Cannot run "${name}" here`);
  process.stdin.on("end", () => process.exit(1)).resume();
  say(`case ${name}: ${found.about}`);
  // A private /run: sockets of daemons, names of network namespaces, keys.
  await must(["mount", "-t", "tmpfs", "tmp", "/run"]);
  mkdirSync("/run/uml");
  cpSync(join(here, "guest"), SHARE, { recursive: true });
  const preload = join(dirname(root), XSTATE);
  const guestOptions = { kernel, preload, root, share: SHARE };
  const records: [name: string, read: () => Promise<string>][] = [];
  try {
    await found.run({
      report: createReport(name),
      boot: (mtu) => bootGuest({ ...guestOptions, mtu }),
      bootGatewayHost: (mtu) => bootGatewayHost({ ...guestOptions, mtu }),
      onFailure: (what, read) => void records.push([what, read]),
    });
    return 0;
  } catch (error) {
    say(`${inspect(error)}\n${allOutput(60)}`);
    // A record that cannot be read (a dead guest) must not hide the others, nor the failure itself.
    for (const [what, read] of records) say(`--- ${what}\n${await read().catch(String)}`);
    return 1;
  }
}
