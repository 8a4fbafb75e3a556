// The places a setting can come from. Each is read by itself, so a mistake in a file is reported
// even if a flag overrides the setting.

import type * as z from "zod";
import { ConfigError, nameText, type Origin } from "./error.ts";
import {
  docOf,
  fileKeyOf,
  flagOf,
  SETTING_NAMES,
  type SettingName,
  type Settings,
  SOME_SETTINGS,
  variableOf,
} from "./settings.ts";
import type { TomlFile } from "./toml.ts";

/** The settings of one place, and where each of them stands. */
export interface Source {
  /** The kind of place, as `check-config` names it. */
  readonly kind: "flag" | "environment" | "file" | "default";
  readonly settings: Settings;
  /**
   * Where a setting stands.
   *
   * @param members The path to a part of the value, for a table in a file
   */
  originOf(name: SettingName, members?: readonly PropertyKey[]): Origin;
}

/**
 * Values of flags by their names without dashes, as `parseArgs` returns them. A flag that was not
 * given is undefined or null.
 */
export type FlagValues = Readonly<Record<string, unknown>>;

/**
 * Reads the flags.
 *
 * @throws {ConfigError} If a value is bad
 */
export function readFlags(flags: FlagValues): Source {
  const originOf = (name: SettingName): Origin => ({ path: `--${flagOf(name)}` });
  return readSource({
    kind: "flag",
    originOf,
    valueOf: (name) => {
      const value = flags[flagOf(name)];
      // For a repeatable flag that was not given, the parser returns an empty list.
      return Array.isArray(value) && value.length === 0 ? undefined : value ?? undefined;
    },
  });
}

/**
 * Reads `CULVERT_*` variables. Other names are ignored, because a service manager may set its own:
 * Kubernetes sets `CULVERT_SERVICE_HOST` for a service named culvert.
 *
 * @throws {ConfigError} If a value is bad
 */
export function readEnvironment(variables: Readonly<Record<string, string>>): Source {
  return readSource({
    kind: "environment",
    originOf: (name) => ({ path: variableOf(name) }),
    valueOf: (name) => {
      const text = variables[variableOf(name)];
      if (text === undefined || docOf(name).isRepeatable === undefined) return text;
      return text.split(",").map((part) => part.trim());
    },
  });
}

/**
 * Reads a file's settings, without its `[[sa]]` and `[[peer]]` tables.
 *
 * @throws {ConfigError} If a value is bad or a key unknown
 */
export function readFile(path: string, file: TomlFile): Source {
  const known = new Set(["sa", "peer", ...SETTING_NAMES.map(fileKeyOf)]);
  for (const key of Object.keys(file.table)) {
    if (known.has(key)) continue;
    throw new ConfigError({ path, line: file.lineOf([key]) }, `unknown key ${nameText(key)}`);
  }
  return readSource({
    kind: "file",
    originOf: (name, members = []) => ({ path, line: file.lineOf([fileKeyOf(name), ...members]) }),
    valueOf: (name) => file.table[fileKeyOf(name)],
  });
}

/** The defaults: their documented texts, read as a user's would be. */
export function readDefaults(): Source {
  return readSource({
    kind: "default",
    originOf: (name) => ({ path: `default of --${flagOf(name)}` }),
    valueOf: (name) => docOf(name).fallback,
  });
}

interface SourceReader extends Pick<Source, "kind" | "originOf"> {
  readonly valueOf: (name: SettingName) => unknown;
}

function readSource(reader: SourceReader): Source {
  const values = SETTING_NAMES.map((name) => [name, reader.valueOf(name)] as const);
  const given = values.filter(([, value]) => value !== undefined);
  const result = SOME_SETTINGS.safeParse(Object.fromEntries(given));
  if (result.success) {
    return { kind: reader.kind, originOf: reader.originOf, settings: result.data };
  }
  const [issue] = result.error.issues;
  const name = SETTING_NAMES.find((one) => one === issue?.path[0]);
  if (issue === undefined || name === undefined) throw result.error;
  const [, ...way] = issue.path;
  const members = issue.code === "unrecognized_keys" ? [...way, ...issue.keys.slice(0, 1)] : way;
  throw new ConfigError(reader.originOf(name, members), problemText(reader, name, issue));
}

function problemText({ kind }: SourceReader, name: SettingName, issue: z.core.$ZodIssue): string {
  // A line of a file may have several keys, so the message must name the key.
  if (kind !== "file") return issue.message;
  if (issue.code === "unrecognized_keys") return `unknown key ${nameText(issue.keys[0] ?? "")}`;
  const member = issue.path.slice(1).findLast((key) => typeof key === "string");
  return `${member ?? fileKeyOf(name)} ${issue.message}`;
}
