// The flags by which `connect` speaks IKE itself: a profile, or what stands in one.

import { parseIdentity } from "../ike/identity/identity.ts";
import type { ParsedText } from "../model/text_codec.ts";
import { type ClientChoice, type ClientReading, readClient } from "../config/client_config.ts";
import { ConfigError, type Origin } from "../config/error.ts";
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
    name: "cert",
    value: "FILE",
    help: "file with this side's certificate and the CAs below the root, in PEM, without a profile",
  },
  { name: "key", value: "FILE", help: "file with the certificate's private key, in PEM" },
  {
    name: "ca",
    value: "FILE",
    isRepeatable: true,
    help: "file with CAs that the server's certificate may come from, in PEM, without a profile",
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
  const { server: _, ...choice } = readProfile(path, await readOwn(context, "profile"));
  const beside = (file: string): string => besideOf(path, file);
  const paths = {
    cert: choice.cert === null ? null : beside(choice.cert),
    key: choice.key === null ? null : beside(choice.key),
    ca: choice.ca.map(beside),
  };
  return await complete(context, { ...choice, ...paths }, (part) => ({ path: `${path}: ${part}` }));
}

const IN_PLACE = ["id", "psk-file", "server-id", "cert", "key", "ca"] as const;

async function loadFromFlags(context: CommandContext): Promise<ClientConfig> {
  const { flags } = context;
  const isCertified = isGiven(flags["cert"]) || isGiven(flags["key"]);
  const needed = isCertified ? (["server-id"] as const) : (["id", "server-id"] as const);
  const missing = needed.find((name) => !isGiven(flags[name]));
  if (missing !== undefined) {
    throw new ConfigError({ path: `--${missing}` }, "is needed for IKE without --profile");
  }
  const choice = {
    localId: isGiven(flags["id"]) ? parseFlag(flags, "id", parseIdentity) : null,
    serverId: parseFlag(flags, "server-id", parseServerId),
    cert: isGiven(flags["cert"]) ? textOf(flags, "cert") : null,
    key: isGiven(flags["key"]) ? textOf(flags, "key") : null,
    ca: listOf(flags, "ca"),
    psk: isGiven(flags["psk-file"])
      ? valueOf("psk-file", parseSecret(await readOwn(context, "psk-file")))
      : null,
    remote: null,
    inner: null,
  };
  return await complete(context, choice, (part) => ({
    path: part === "psk" ? "--psk-file" : `--${part}`,
  }));
}

type Part = "id" | "psk" | "cert" | "key" | "ca";

/** Reads the files that a client names. A key that others can read is refused too. */
async function complete(
  { runtime, clock }: CommandContext,
  choice: ClientChoice,
  placeOf: (part: Part) => Origin,
): Promise<ClientConfig> {
  const originOf: ClientReading["originOf"] = (part) => placeOf(part === "localId" ? "id" : part);
  const readable = choice.key === null ? undefined : runtime.exposureOf(choice.key).readable;
  if (readable !== undefined) {
    choice.psk?.fill(0);
    throw new ConfigError(originOf("key"), readable);
  }
  const tools = { readPki: runtime.readPki, date: clock.date };
  return await readClient(choice, { readTextFile: runtime.readTextFile, tools, originOf });
}

/** A path in a file: from the folder of that file on, unless it is absolute. */
function besideOf(file: string, path: string): string {
  return path.startsWith("/") ? path : `${file.slice(0, file.lastIndexOf("/") + 1)}${path}`;
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

function listOf(flags: FlagValues, name: string): readonly string[] {
  const list: unknown = flags[name];
  const texts: readonly unknown[] = Array.isArray(list) ? list : [];
  return texts.map((text) => textOf({ [name]: text }, name));
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
  const isEmpty = Array.isArray(value) && value.length === 0;
  return value !== undefined && value !== null && value !== false && !isEmpty;
}
