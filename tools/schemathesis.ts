// `deno task test:schemathesis`: runs Schemathesis against the API of a real gateway, by the
// gateway's own OpenAPI document. It must find nothing.
//
// If Schemathesis is missing, it is installed from PyPI into the cache folder. The run keeps
// connections open, so that there are some to show and to kick. Each connection that is kicked is
// replaced.

import { type Gateway, startGateway, stopCleanly } from "../tests/support/gateway.ts";
import type { Originator } from "../tests/support/originator.ts";
import { sleep } from "../tests/support/wait.ts";
import { exitCode, ROOT, say } from "./run.ts";
import { installPython } from "./python.ts";

async function main(): Promise<number> {
  const programs = await installPython();
  const token = crypto.randomUUID();
  const tokenFile = await Deno.makeTempFile();
  await Deno.writeTextFile(tokenFile, token);
  const gateway = await startGateway(
    ["--api-token-file", tokenFile, "--prefix-timeout-ms", "3600000"],
    { token },
  );
  const ending = new AbortController();
  const connecting = keepConnected(gateway, ending.signal);
  try {
    const code = await runSchemathesis({ programs, token, gateway });
    ending.abort();
    await connecting;
    return Math.max(code, faultsOf(gateway), refusalsOf(gateway));
  } finally {
    ending.abort();
    await stopCleanly(gateway);
    await Deno.remove(tokenFile);
  }
}

interface Target {
  readonly programs: string;
  readonly token: string;
  readonly gateway: Gateway;
}

async function runSchemathesis({ programs, token, gateway }: Target): Promise<number> {
  const { host, port } = gateway.api;
  const folder = `${ROOT}/tools/schemathesis`;
  return await exitCode([
    `${programs}/schemathesis`,
    "--config-file",
    `${folder}/schemathesis.toml`,
    "run",
    `http://${host}:${port}/openapi.json`,
    "--header",
    `Authorization: Bearer ${token}`,
  ], { cwd: folder, env: { PYTHONDONTWRITEBYTECODE: "1", PYTHONPATH: folder } });
}

/** Keeps connections open until `signal`. */
async function keepConnected(gateway: Gateway, signal: AbortSignal): Promise<void> {
  let open: Originator[] = [];
  while (!signal.aborted) {
    open = open.filter((connection) => connection.isOpen());
    while (open.length < CONNECTIONS) open.push(await gateway.connect());
    await sleep(POLL_MS);
  }
}

/** Counts answers with status 500. The log has their reasons. */
function faultsOf({ program }: Gateway): number {
  const faults = program.stderr().split("\n").filter((line) => line.includes("api_failed"));
  for (const fault of faults) say(fault);
  return faults.length === 0 ? 0 : 1;
}

/**
 * A body that fits the schema may still get a 422, because its members contradict each other. A
 * gateway that refused all such bodies would pass Schemathesis, so the audit log is searched for
 * those that were installed.
 */
function refusalsOf({ program }: Gateway): number {
  const answers = program.stderr().split("\n")
    .flatMap((line) => / api_change action=sa_install .*status=(\d+)/.exec(line)?.[1] ?? []);
  const installed = answers.filter((status) => status === "201").length;
  say(`POST /v1/sas: ${installed} of ${answers.length} installed`);
  return installed < INSTALLED_MIN ? 1 : 0;
}

/** Out of some hundred bodies that fit the schema. */
const INSTALLED_MIN = 10;

/** More than Schemathesis can kick between two polls. */
const CONNECTIONS = 32;
const POLL_MS = 20;

Deno.exit(await main());
