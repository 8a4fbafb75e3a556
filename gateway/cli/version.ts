// `culvert version`: what this is made of.

import { type CoreVariant, instantiateCore, loadCore, planMemory } from "../../ts-bindings/core.ts";
import { chooseEngine } from "../engine/choose.ts";
import type { Runtime } from "../runtime/types.ts";
import { VERSION } from "../version.ts";
import { type Command, type CommandContext, JSON_FLAG } from "./command.ts";

export const versionCommand: Command = {
  name: "version",
  summary: "print the version, and those of runtime and core",
  operands: [],
  flags: [JSON_FLAG],
  run: printVersion,
};

/** The smallest core there can be: it is asked its ABI and nothing else. */
const LEAST = { lanes: 1, connections: 1, sas: 1, rings: 1, innerMtu: 1400 };

async function printVersion({ runtime, flags }: CommandContext): Promise<number> {
  const core = await describeCore(runtime);
  if (flags[JSON_FLAG.name] === true) {
    runtime.stdout(`${JSON.stringify({ version: VERSION, runtime: runtime.name, ...core })}\n`);
    return 0;
  }
  runtime.stdout(
    `culvert ${VERSION}\n` +
      `runtime ${runtime.name}\n` +
      `core abi ${core.coreAbi}, sha256 ${core.coreSha256}\n` +
      `engine ${core.engine} (${core.engineReason})\n`,
  );
  return 0;
}

interface CoreDescription {
  readonly coreAbi: number;
  readonly coreSha256: string;
  /** What `--engine auto` takes here. */
  readonly engine: string;
  readonly engineReason: string;
}

async function describeCore(runtime: Runtime): Promise<CoreDescription> {
  const read = new Map<CoreVariant, Uint8Array<ArrayBuffer>>();
  const loaded = await loadCore(async (wanted) => {
    const octets = await runtime.readCore(wanted);
    read.set(wanted, octets);
    return octets;
  });
  const { module, variant } = loaded;
  const { name, reason } = chooseEngine({ runtime, wanted: "auto", core: loaded });
  const core = instantiateCore({ module, memory: planMemory(module, LEAST) });
  const digest = await crypto.subtle.digest("SHA-256", read.get(variant) ?? new Uint8Array());
  return {
    coreAbi: core.core_abi(),
    coreSha256: new Uint8Array(digest).toHex(),
    engine: name,
    engineReason: reason,
  };
}
