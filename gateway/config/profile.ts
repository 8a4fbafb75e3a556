// A client's profile: the TOML file by which `connect --profile` knows its server, its own
// identity, and the secret of both or the files of certificates. `culvert profile` writes those
// with a secret.

import * as z from "zod";
import { parseIdentity, patternProblem } from "../ike/identity/identity.ts";
import { type IpAddress, isUnicast, parseAddress } from "../model/address.ts";
import { parsePrefix } from "../model/prefix.ts";
import type { ParsedText } from "../model/text_codec.ts";
import { parseConnectTarget } from "./connect_target.ts";
import { ConfigError, nameText, type Origin } from "./error.ts";
import { parseBase64 } from "./secret.ts";
import { parseToml } from "./toml.ts";
import type { ClientChoice } from "./client_config.ts";
import type { ConnectTarget } from "./types.ts";

/** A profile as its file has it. */
export interface Profile extends ClientChoice {
  readonly server: ConnectTarget;
}

/**
 * Reads a profile.
 *
 * @throws {ConfigError} With file and line of what is wrong; never with the secret
 */
export function readProfile(path: string, text: string): Profile {
  const toml = parseToml(path, text);
  const result = PROFILE.safeParse(toml.table);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw result.error;
  const [key = ""] = issue.code === "unrecognized_keys" ? issue.keys : [];
  const way = key === "" ? issue.path : [key];
  // A key that is missing stands nowhere.
  const isThere = Object.hasOwn(toml.table, String(way[0]));
  const origin: Origin = isThere ? { path, line: toml.lineOf(way) } : { path };
  const problem = key === ""
    ? `${String(issue.path[0] ?? "profile")} ${issue.message}`
    : `unknown key ${nameText(key)}`;
  throw new ConfigError(origin, problem);
}

/** Reads an identity that the server may have: a whole one, or `*.example.net`. */
export function parseServerId(text: string): ParsedText<string> {
  const problem = patternProblem(text);
  return problem === undefined ? { value: text } : { problem };
}

function parsed<T>(parse: (text: string) => ParsedText<T>): z.ZodType<T, string> {
  const error = ({ input }: { readonly input?: unknown }): string =>
    input === undefined ? "is missing" : "must be a string";
  return z.string({ error }).transform((input, context) => {
    const result = parse(input);
    if ("value" in result) return result.value;
    context.addIssue({ code: "custom", message: result.problem });
    return z.NEVER;
  });
}

function parseInner(text: string): ParsedText<IpAddress> {
  const address = parseAddress(text);
  return address === undefined || !isUnicast(address)
    ? { problem: "must be the address of one host" }
    : { value: address };
}

/** A path; one that is not absolute begins at the folder of the profile. */
const PATH = z.string({ error: "must be a string" }).min(1, { error: "must not be empty" });

const PATHS_ERROR = "must be a non-empty array of paths";

const PREFIXES_ERROR = "must be a non-empty array of prefixes";

const PROFILE = z.strictObject({
  server: parsed(parseConnectTarget),
  id: parsed(parseIdentity).optional(),
  "server_id": parsed(parseServerId),
  psk: parsed(parseBase64).optional(),
  cert: PATH.optional(),
  key: PATH.optional(),
  ca: z.array(PATH, { error: PATHS_ERROR }).min(1, { error: PATHS_ERROR }).optional(),
  remote: z.array(parsed(parsePrefix), { error: PREFIXES_ERROR })
    .min(1, { error: PREFIXES_ERROR }).optional(),
  inner: parsed(parseInner).optional(),
}).transform(({ server, id, psk, cert, key, ca, remote, inner, ...more }): Profile => ({
  server,
  localId: id ?? null,
  serverId: more["server_id"],
  psk: psk ?? null,
  cert: cert ?? null,
  key: key ?? null,
  ca: ca ?? [],
  remote: remote ?? null,
  inner: inner ?? null,
}));
