// `culvert version`: prints the versions of the gateway and its parts.

import { type CoreVariant, instantiateCore, loadCore, planMemory } from "../../ts-bindings/core.ts";
import { loadConfig } from "../config/load.ts";
import { docOf, flagOf, variableOf } from "../config/settings.ts";
import { chooseEngine } from "../engine/choose.ts";
import { engineError, loadEngine } from "../engine/native.ts";
import type { GatewayConfig } from "../config/types.ts";
import type { Runtime } from "../runtime/types.ts";
import { VERSION } from "../model/version.ts";
import { type Command, type CommandContext, JSON_FLAG } from "./command.ts";

export const versionCommand: Command = {
  name: "version",
  summary: "print the versions of the gateway, its runtime and its core",
  operands: [],
  flags: [JSON_FLAG, { name: flagOf("engine"), ...docOf("engine") }],
  run: printVersion,
};

/** The smallest possible core, because only its ABI number is read. */
const LEAST = { lanes: 1, connections: 1, sas: 1, rings: 1, innerMtu: 1400 };

async function printVersion({ runtime, flags }: CommandContext): Promise<number> {
  const core = await describeCore(runtime, await wantedEngine(runtime, flags));
  if (flags[JSON_FLAG.name] === true) {
    await runtime.stdout(
      `${JSON.stringify({ version: VERSION, runtime: runtime.name, ...core })}\n`,
    );
    return 0;
  }
  await runtime.stdout(
    `culvert ${VERSION}\n` +
      `runtime ${runtime.name}\n` +
      `core abi ${core.coreAbi}, sha256 ${core.coreSha256}\n` +
      `engine ${core.engine} (${core.engineReason})\n`,
  );
  return 0;
}

/** The engine that `serve` would be told to use by this command line and environment. */
async function wantedEngine(
  runtime: Runtime,
  { engine }: CommandContext["flags"],
): Promise<GatewayConfig["engine"]> {
  const variable = variableOf("engine");
  const environment = Object.entries(runtime.env()).filter(([name]) => name === variable);
  const { readTextFile, cores } = runtime;
  const { config } = await loadConfig({
    flags: { engine },
    environment: Object.fromEntries(environment),
    readTextFile,
    cores,
  });
  return config.engine;
}

interface CoreDescription {
  readonly coreAbi: number;
  readonly coreSha256: string;
  /** The engine that `serve` would choose here. */
  readonly engine: string;
  readonly engineReason: string;
}

/** @throws {Error} If the native engine is asked for and is not there */
async function describeCore(
  runtime: Runtime,
  wanted: GatewayConfig["engine"],
): Promise<CoreDescription> {
  const read = new Map<CoreVariant, Uint8Array<ArrayBuffer>>();
  const loaded = await loadCore(async (wanted) => {
    const octets = await runtime.readCore(wanted);
    read.set(wanted, octets);
    return octets;
  });
  const { module, variant } = loaded;
  const { name, path, reason } = chooseEngine({ runtime, wanted, core: loaded });
  if (path !== null) expectLibrary(runtime, path);
  const core = instantiateCore({ module, memory: planMemory(module, LEAST) });
  const digest = await crypto.subtle.digest("SHA-256", read.get(variant) ?? new Uint8Array());
  return {
    coreAbi: core.core_abi(),
    coreSha256: new Uint8Array(digest).toHex(),
    engine: name,
    engineReason: reason,
  };
}

function expectLibrary(runtime: Runtime, path: string): void {
  try {
    loadEngine(runtime, path);
  } catch (error) {
    throw engineError(error);
  }
}
