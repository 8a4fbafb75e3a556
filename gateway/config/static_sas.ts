// Reads `[[sa]]` tables: SAs with fixed keys, for tests. They are refused unless
// --unsafe-static-sas is set, because a counter-mode cipher must not have a manual key (RFC 8221
// §3): a key that outlives the process is used again with the same sequence numbers.

import { createHash } from "node:crypto";
import { ConfigError, nameText, type Origin } from "./error.ts";
import { SA_SPEC } from "../model/sa_spec.ts";
import type { TomlFile } from "./toml.ts";
import type { StaticSa } from "./types.ts";

/** A parsed file, with its path for messages. */
export interface NamedFile {
  readonly path: string;
  readonly toml: TomlFile;
}

/**
 * Reads the `[[sa]]` tables of a file.
 *
 * @throws {ConfigError} If one is bad, or if there are any and `isAllowed` is false. Their keys are
 *   then wiped.
 */
export function readStaticSas(
  file: NamedFile,
  options: { readonly isAllowed: boolean },
): readonly StaticSa[] {
  const tables = file.toml.table["sa"];
  if (tables === undefined) return [];
  const origin = (keys: readonly PropertyKey[]): Origin => {
    return { path: file.path, line: file.toml.lineOf(["sa", ...keys]) };
  };
  if (!options.isAllowed) {
    throw new ConfigError(origin([0]), "SAs with fixed keys need --unsafe-static-sas");
  }
  if (!Array.isArray(tables)) throw new ConfigError(origin([]), "sa must be [[sa]] tables");
  const sas: StaticSa[] = [];
  try {
    tables.forEach((table: unknown, at) => sas.push(readTable(table, at, origin)));
    checkSpis(sas);
  } catch (error) {
    // The caller never gets these keys, so nobody else would wipe them.
    for (const { spec } of sas) spec.keyMaterial.fill(0);
    throw error;
  }
  return sas;
}

function readTable(
  table: unknown,
  at: number,
  origin: (keys: readonly PropertyKey[]) => Origin,
): StaticSa {
  const result = SA_SPEC.safeParse(table);
  if (result.success) {
    const originOf = (member: string | undefined): Origin => {
      return origin(member === undefined ? [at] : [at, member]);
    };
    return { spec: result.data, keyDigest: digestOf(result.data.keyMaterial), originOf };
  }
  const { keys, problem } = describeIssue(result.error.issues[0]);
  throw new ConfigError(origin([at, ...keys]), problem);
}

/**
 * Refuses two inbound SAs of one SPI. An install refuses the second too, but `check-config` and
 * SIGHUP install nothing.
 */
function checkSpis(sas: readonly StaticSa[]): void {
  const seen = new Map<number, StaticSa>();
  for (const sa of sas.filter(({ spec }) => spec.direction === "inbound")) {
    const first = seen.get(sa.spec.spi)?.originOf("spi");
    if (first !== undefined) {
      const problem = `spi is already used by the [[sa]] table in line ${first.line}`;
      throw new ConfigError(sa.originOf("spi"), problem);
    }
    seen.set(sa.spec.spi, sa);
  }
}

function digestOf(keyMaterial: Uint8Array): string {
  return createHash("sha256").update(keyMaterial).digest("base64");
}

/** The members of a zod issue that we need. */
interface SaIssue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function describeIssue(
  issue: SaIssue | undefined,
): { keys: readonly PropertyKey[]; problem: string } {
  const [key] = issue?.keys ?? [];
  if (issue?.code === "unrecognized_keys" && key !== undefined) {
    return { keys: [key], problem: `unknown key ${nameText(key)}` };
  }
  const path = issue?.path ?? [];
  return { keys: path, problem: `${path.slice(0, 1).join("")} ${issue?.message}`.trim() };
}
