// `culvert profile NAME`: writes a client's profile, and makes the client if there is none of that
// name. It works on the state itself, so no gateway has to run; one that runs sees the client
// within a second.

import { parseConnectTarget } from "../config/connect_target.ts";
import { ConfigError } from "../config/error.ts";
import type { ConnectTarget } from "../config/types.ts";
import { CLIENT_NAME } from "../model/client.ts";
import { parsePrefix } from "../model/prefix.ts";
import { openState, type State } from "../state/open_state.ts";
import { partsBehind, type ProfileParts } from "../state/profiles/parts.ts";
import { PROFILE_FORMATS, type ProfileFormat, profileText } from "../state/profiles/profile.ts";
import type { Command, CommandContext } from "./command.ts";
import { STATE_DIR_FLAG, stateDirOf } from "./state_dir.ts";

export const profileCommand: Command = {
  name: "profile",
  summary: "write the profile of a client, which is made if it is unknown",
  operands: ["NAME"],
  flags: [
    {
      name: "format",
      value: PROFILE_FORMATS.join("|"),
      fallback: "culvert",
      help: "the program that reads it",
    },
    { name: "out", value: "FILE", unset: "standard output", help: "file to write, with mode 0600" },
    {
      name: "server",
      value: "HOST[:PORT]",
      unset: "where the gateway was last reached",
      help: "where the client reaches the gateway",
    },
    {
      name: "remote",
      value: "ADDR/LEN",
      unset: "the gateway's echo host, else everything",
      isRepeatable: true,
      help: "what the client reaches behind the gateway",
    },
    STATE_DIR_FLAG,
  ],
  run: writeProfile,
};

async function writeProfile(context: CommandContext): Promise<number> {
  const { runtime, flags, operands, errors } = context;
  const name = nameOf(operands[0] ?? "");
  const format = formatOf(flags["format"] ?? PROFILE_FORMATS[0]);
  const out = outOf(flags["out"]);
  const state = await openState({
    runtime,
    stateDir: stateDirOf(context),
    onTrouble: (reason) => void errors.push(`${reason}\n`),
  });
  const server = serverOf(flags["server"], state);
  const behind = behindOf(flags["remote"], state.server.inner);
  const known = await state.clients.find(name);
  const client = known ?? await state.clients.add(name) ?? await state.clients.find(name);
  if (client === undefined) throw new Error(`Cannot make client ${name}: it comes and goes`);
  const serverId = state.server.id;
  const text = profileText({ name, psk: client.psk, server, serverId, ...behind }, format);
  client.psk.fill(0);
  if (known === undefined) errors.push(`made client ${name}\n`);
  if (out === null) await runtime.stdout(text);
  else await runtime.writePrivateFile(out, new TextEncoder().encode(text));
  return 0;
}

function nameOf(text: string): string {
  const result = CLIENT_NAME.safeParse(text);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ConfigError({ path: "culvert profile" }, `NAME ${issue?.message}`);
}

function formatOf(value: unknown): ProfileFormat {
  const format = PROFILE_FORMATS.find((one) => one === value);
  if (format !== undefined) return format;
  const problem = value === "windows"
    ? "windows takes no shared secret for IKEv2, and a client made here has nothing else"
    : `must be one of ${PROFILE_FORMATS.join(", ")}`;
  throw new ConfigError({ path: "--format" }, problem);
}

function outOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" && value !== "") return value;
  throw new ConfigError({ path: "--out" }, "must be the path of a file");
}

/** What is behind the gateway: as the user says, or what it has by itself. */
function behindOf(value: unknown, inner: string | null): Pick<ProfileParts, "inner" | "remote"> {
  if (!Array.isArray(value) || value.length === 0) return partsBehind(inner);
  const remote = value.map((text) => {
    const parsed = parsePrefix(String(text));
    if ("value" in parsed) return parsed.value.text;
    throw new ConfigError({ path: "--remote" }, parsed.problem);
  });
  return { inner, remote };
}

/** Where the client goes: as the user says, or where the gateway was last reached. */
function serverOf(value: unknown, { server, folder }: State): ConnectTarget {
  const text = value ?? server.address;
  if (typeof text !== "string") {
    const problem = `is needed, because no gateway has run with ${folder.path} on one address`;
    throw new ConfigError({ path: "--server" }, problem);
  }
  const target = parseConnectTarget(text);
  if ("value" in target) return target.value;
  throw new ConfigError({ path: "--server" }, target.problem);
}
