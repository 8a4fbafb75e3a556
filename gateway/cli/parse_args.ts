// A subset of `parseArgs` of JSR's `@std/cli/parse-args`, over `node:util`: the options that the
// commands use, written as a call of the original writes them. It is not the original: with that in
// its place some command lines would mean something else, such as `--switch=no`, which is on there
// and refused here. Each difference has a test in parse_args_test.ts.
// docs/design/decisions/0009-a-subset-of-std-cli.md says why there is a subset.

import { parseArgs as parseNodeArgs } from "node:util";

/** How arguments are read; every member is one of the original's, and none may be left out. */
export interface ParseOptions {
  /** Other names, of one letter: `{ h: "help" }`. */
  readonly alias: Readonly<Record<string, string>>;
  /**
   * Switches: false if they are not given. Text behind "=" that is neither "true" nor "false" is
   * the switch's value, for the caller to refuse.
   */
  readonly boolean: readonly string[];
  /** Flags that may be repeated, each of which is in `string` too; their values are lists. */
  readonly collect: readonly string[];
  /** Values of switches that are not given, instead of false. */
  readonly default: Readonly<Record<string, unknown>>;
  /** Flags with a value: "" if it is left out. "_" stands for arguments without a flag. */
  readonly string: readonly string[];
  /** Called for each flag that no other option names. */
  readonly unknown: (arg: string, key: string) => void;
}

/** What was given, by name; `_` has the rest. */
export interface Args {
  readonly [name: string]: unknown;
  readonly _: readonly string[];
}

/** Parses command-line arguments. */
export function parseArgs(args: readonly string[], options: ParseOptions): Args {
  const { tokens } = parseNodeArgs({
    args: withInlineBlanks(args, options),
    allowPositionals: true,
    options: nodeOptions(options),
    strict: false,
    tokens: true,
  });
  const aliases = new Map(Object.entries(options.alias));
  const values: Record<string, unknown> = {};
  const rest: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") rest.push(token.value);
    if (token.kind !== "option") continue;
    const name = aliases.get(token.name) ?? token.name;
    const value = token.value ?? "";
    if (options.boolean.includes(name)) values[name] = switchValue(token.value);
    else if (options.collect.includes(name)) values[name] = [...listOf(values[name]), value];
    else if (isFlag(options, name)) values[name] = value;
    else options.unknown(args[token.index] ?? "", name);
  }
  return { ...absentValues(options), ...values, _: rest };
}

/** A flag with a value. "_" is none. */
function isFlag({ string }: ParseOptions, name: string): boolean {
  return name !== "_" && string.includes(name);
}

function switchValue(text: string | undefined): boolean | string {
  if (text === undefined || text === "true") return true;
  return text === "false" ? false : text;
}

function listOf(before: unknown): readonly unknown[] {
  return Array.isArray(before) ? before : [];
}

function absentValues(options: ParseOptions): Record<string, unknown> {
  const switches = options.boolean.map((name) => [name, false] as const);
  const lists = options.collect.map((name) => [name, []] as const);
  return { ...Object.fromEntries([...switches, ...lists]), ...options.default };
}

function nodeOptions(
  options: ParseOptions,
): Record<string, { type: "string" | "boolean"; short?: string }> {
  const shorts = new Map(Object.entries(options.alias).map(([short, name]) => [name, short]));
  const withType = (type: "string" | "boolean") => (name: string) => {
    const short = shorts.get(name);
    return [name, short === undefined ? { type } : { type, short }] as const;
  };
  const flags = options.string.filter((name) => isFlag(options, name));
  return Object.fromEntries([
    ...flags.map(withType("string")),
    ...options.boolean.map(withType("boolean")),
  ]);
}

/**
 * `node:util` would take `--listen --api off` as `--listen=--api`, so a flag without its value is
 * given the value "". A dash before a digit is a number's: no flag begins so.
 */
function withInlineBlanks(args: readonly string[], options: ParseOptions): string[] {
  const end = args.indexOf("--");
  return args.map((arg, at) => {
    const isOpen = (end < 0 || at < end) && arg.startsWith("--") && isFlag(options, arg.slice(2));
    const next = args[at + 1];
    return isOpen && (next === undefined || /^-(?!\d)/.test(next)) ? `${arg}=` : arg;
  });
}
