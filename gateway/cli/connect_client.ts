// The flags by which `connect` speaks IKE itself: a profile, or what stands in one.

import { parseIdentity } from "../ike/identity/identity.ts";
import type { ParsedText } from "../model/text_codec.ts";
import { ConfigError } from "../config/error.ts";
import { parseServerId, readProfile } from "../config/profile.ts";
import { parseSecret } from "../config/secret.ts";
import type { FlagValues } from "../config/sources.ts";
import type { ClientConfig } from "../config/types.ts";
import type { CommandContext, Flag } from "./command.ts";

/** The flags of a tunnel by IKE. */
export const TUNNEL_FLAGS: readonly Flag[] = [
  {
    name: "profile",
    value: "FILE",
    help: "speak IKE with what the profile FILE says, which culvert profile writes",
  },
  { name: "id", value: "ID", help: "this side's identity, without a profile" },
  {
    name: "psk-file",
    value: "FILE",
    help: "file with the secret of both sides, without a profile",
  },
  {
    name: "server-id",
    value: "ID",
    help: "identity that the server must prove, without a profile",
  },
  {
    name: "check",
    value: undefined,
    help: "bring the tunnel up, print its address, suites, round trip and throughput, and end",
  },
];

/** Whether the flags ask for IKE, so that SAs do not come by the API. */
export function isIkeAsked(flags: FlagValues): boolean {
  return TUNNEL_FLAGS.some(({ name }) => isGiven(flags[name]));
}

/** Whether the tunnel is to be checked. */
export function isCheckAsked(flags: FlagValues): boolean {
  return flags["check"] === true;
}

/**
 * Reads what IKE needs, from the profile or from the flags in its place.
 *
 * @throws {ConfigError} If it is wrong or not complete, or if others can read a secret's file
 */
export async function loadClient(context: CommandContext): Promise<ClientConfig> {
  const { flags } = context;
  if (!isGiven(flags["profile"])) return await loadFromFlags(context);
  const other = IN_PLACE.find((name) => isGiven(flags[name]));
  if (other !== undefined) {
    throw new ConfigError({ path: `--${other}` }, "stands in the profile: give one of the two");
  }
  const path = textOf(flags, "profile");
  const { server: _, ...client } = readProfile(path, await readOwn(context, "profile"));
  return client;
}

const IN_PLACE = ["id", "psk-file", "server-id"] as const;

async function loadFromFlags(context: CommandContext): Promise<ClientConfig> {
  const { flags } = context;
  const missing = IN_PLACE.find((name) => !isGiven(flags[name]));
  if (missing !== undefined) {
    throw new ConfigError({ path: `--${missing}` }, "is needed for IKE without --profile");
  }
  return {
    localId: parseFlag(flags, "id", parseIdentity),
    serverId: parseFlag(flags, "server-id", parseServerId),
    psk: valueOf("psk-file", parseSecret(await readOwn(context, "psk-file"))),
    remote: null,
    inner: null,
  };
}

/** Reads the file of a flag, which has a secret. One that others can read is refused, as by ssh. */
async function readOwn(
  { runtime, flags }: CommandContext,
  name: "profile" | "psk-file",
): Promise<string> {
  const path = textOf(flags, name);
  const { readable } = runtime.exposureOf(path);
  if (readable !== undefined) throw new ConfigError({ path: `--${name}` }, readable);
  try {
    return await runtime.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new ConfigError({ path: `--${name}` }, `Cannot read ${path}: ${reason}`);
  }
}

function parseFlag<T>(
  flags: FlagValues,
  name: string,
  parse: (text: string) => ParsedText<T>,
): T {
  return valueOf(name, parse(textOf(flags, name)));
}

function valueOf<T>(name: string, parsed: ParsedText<T>): T {
  if ("value" in parsed) return parsed.value;
  throw new ConfigError({ path: `--${name}` }, parsed.problem);
}

function textOf(flags: FlagValues, name: string): string {
  const text = flags[name];
  if (typeof text === "string" && text !== "") return text;
  throw new ConfigError({ path: `--${name}` }, "must not be empty");
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}
