// Reads `[[peer]]` tables: peers with settings of their own. Their secrets stand in files of their
// own, because a configuration is often readable by many.

import * as z from "zod";
import { identityKey, parseIdentity, patternProblem } from "../ike/identity/identity.ts";
import type { CertificateSettings } from "../ike/certificates/settings.ts";
import type { ParsedText } from "../model/text_codec.ts";
import { overlaps, parsePrefix, type Prefix, rangeOf } from "../model/prefix.ts";
import { ConfigError, nameText, type Origin } from "./error.ts";
import { parseSecret } from "./secret.ts";
import { parsed, repeatable, text } from "./setting_schemas.ts";
import { oneOf, trueOrFalse } from "./setting_values.ts";
import type { NamedFile } from "./static_sas.ts";
import type { PeerConfig } from "./types.ts";

/** Reads a file that holds a secret. */
export type ReadSecret = (path: string) => Promise<string>;

/** What reading peers needs. */
export interface PeerReading {
  readonly readSecret: ReadSecret;
  /** Those of this side; null without. */
  readonly certificates: CertificateSettings | null;
}

/**
 * Reads the `[[peer]]` tables of a file, and the files of their secrets.
 *
 * @throws {ConfigError} If one is bad; secrets that were read before are then wiped
 */
export async function readPeers(
  file: NamedFile,
  { readSecret, certificates }: PeerReading,
): Promise<readonly PeerConfig[]> {
  const tables = file.toml.table["peer"];
  if (tables === undefined) return [];
  const origin = (keys: readonly PropertyKey[]): Origin => {
    return { path: file.path, line: file.toml.lineOf(["peer", ...keys]) };
  };
  if (!Array.isArray(tables)) throw new ConfigError(origin([]), "peer must be [[peer]] tables");
  const parsedTables = tables.map((table: unknown, at) => readTable(table, at, origin));
  checkIds(parsedTables, origin);
  const peers: PeerConfig[] = [];
  try {
    for (const [at, { psk_file: pskFile, ...rest }] of parsedTables.entries()) {
      const problem = authProblem(rest.auth, { pskFile, certificates });
      if (problem !== undefined) throw new ConfigError(origin([at, problem.key]), problem.text);
      const where = { readSecret, origin: () => origin([at, "psk_file"]) };
      const psk = pskFile === undefined ? null : await readPsk(pskFile, where);
      peers.push({ ...rest, pskFile: pskFile ?? null, psk });
    }
    return peers;
  } catch (error) {
    for (const { psk } of peers) psk?.fill(0);
    throw error;
  }
}

/**
 * Reads a file with one secret.
 *
 * @throws {ConfigError} If it cannot be read or holds none; the message does not have it
 */
export async function readPsk(
  path: string,
  { readSecret, origin }: { readonly readSecret: ReadSecret; readonly origin: () => Origin },
): Promise<Uint8Array> {
  const result = parseSecret(await readOrFail(path, { readSecret, origin }));
  if ("value" in result) return result.value;
  throw new ConfigError(origin(), `${path} ${result.problem}`);
}

async function readOrFail(
  path: string,
  { readSecret, origin }: { readonly readSecret: ReadSecret; readonly origin: () => Origin },
): Promise<string> {
  try {
    return await readSecret(path);
  } catch (error) {
    throw new ConfigError(origin(), error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}

const PREFIXES = repeatable(parsed(parsePrefix));

/** A table, in the spelling of the file. */
const TABLE = z.strictObject({
  id: parsed(pattern),
  auth: oneOf(["psk", "cert"]).default("psk"),
  "own_auth": oneOf(["psk", "cert"]).optional(),
  "psk_file": text().optional(),
  local: PREFIXES.optional(),
  remote: PREFIXES.optional(),
  pool: PREFIXES.optional(),
  shared: trueOrFalse().optional(),
}, { error: ({ code }) => code === "invalid_type" ? "must be a table" : undefined })
  .transform(({ local, remote, pool, shared, auth, own_auth: own, ...rest }) => ({
    ...rest,
    auth: { peer: auth, own: own ?? auth },
    local: local ?? null,
    remote: remote ?? null,
    pool: pool ?? null,
    // With a secret, whoever a pattern names has it; with certificates each has an own.
    isShared: shared ?? (auth === "psk" && "problem" in parseIdentity(rest.id)),
  }));

type Table = z.output<typeof TABLE>;

/** What is missing for the ways in which both sides prove who they are. */
function authProblem(
  { peer, own }: Table["auth"],
  { pskFile, certificates }: Pick<PeerReading, "certificates"> & {
    readonly pskFile: string | undefined;
  },
): { readonly key: string; readonly text: string } | undefined {
  const needsSecret = peer === "psk" || own === "psk";
  if (needsSecret && pskFile === undefined) {
    return { key: peer === "psk" ? "id" : "own_auth", text: "psk_file is missing" };
  }
  if (!needsSecret && pskFile !== undefined) {
    return { key: "psk_file", text: "psk_file is for nothing: both sides have certificates" };
  }
  if (peer === "cert" && (certificates?.anchors ?? []).length === 0) {
    return { key: "auth", text: "auth cert needs --ike-ca, whose certificates are believed" };
  }
  if (own === "cert" && (certificates?.own ?? null) === null) {
    return { key: peer === "cert" ? "auth" : "own_auth", text: "a certificate needs --ike-cert" };
  }
  return undefined;
}

function pattern(input: string): ParsedText<string> {
  const problem = patternProblem(input);
  return problem === undefined ? { value: input } : {
    problem: `${problem}, or a pattern such as *.example.org, *@example.org or %any`,
  };
}

function readTable(
  table: unknown,
  at: number,
  origin: (keys: readonly PropertyKey[]) => Origin,
): Table {
  const result = TABLE.safeParse(table);
  if (result.success) return checkTable(result.data, at, origin);
  const [issue] = result.error.issues;
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    throw new ConfigError(origin([at, key]), `unknown key ${nameText(key)}`);
  }
  const path = issue?.path ?? [];
  const [member = "peer"] = path;
  throw new ConfigError(origin([at, ...path]), `${String(member)} ${issue?.message}`);
}

/** Rules between members. */
function checkTable(
  table: Table,
  at: number,
  origin: (keys: readonly PropertyKey[]) => Origin,
): Table {
  const { remote, pool } = table;
  if (remote !== null && pool !== null) {
    const problem = "pool is for peers that get an address: leave out remote or pool";
    throw new ConfigError(origin([at, "pool"]), problem);
  }
  const problem = poolProblem(pool ?? []);
  if (problem !== undefined) throw new ConfigError(origin([at, "pool"]), `pool ${problem}`);
  return table;
}

/** The problem with the prefixes of a pool together; undefined if there is none. */
export function poolProblem(pool: readonly Prefix[]): string | undefined {
  for (const [at, prefix] of pool.entries()) {
    const other = pool.slice(0, at).find((before) => overlaps(rangeOf(before), rangeOf(prefix)));
    if (other !== undefined) return `must not overlap: ${other.text} and ${prefix.text} do`;
  }
  return undefined;
}

function checkIds(
  tables: readonly Table[],
  origin: (keys: readonly PropertyKey[]) => Origin,
): void {
  const seen = new Map<string, number>();
  for (const [at, { id }] of tables.entries()) {
    const result = parseIdentity(id);
    const key = "value" in result ? identityKey(result.value) : id.toLowerCase();
    const first = seen.get(key);
    if (first !== undefined) {
      const { line } = origin([first, "id"]);
      const problem = `id is already that of the [[peer]] table in line ${line}`;
      throw new ConfigError(origin([at, "id"]), problem);
    }
    seen.set(key, at);
  }
}
