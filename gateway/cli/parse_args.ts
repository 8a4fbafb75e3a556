// A subset of `parseArgs` from JSR's `@std/cli/parse-args`, built on `node:util`. It has the
// options that the commands use, and they are written as for the original. It is not a drop-in:
// some command lines mean something else here, such as `--switch=no`, which turns the switch on
// there and is refused here. parse_args_test.ts tests each difference.
// docs/design/decisions/0009-a-subset-of-std-cli.md says why there is a subset.

import { parseArgs as parseNodeArgs } from "node:util";

/** How to read arguments. Each member is one of the original's, and all are required. */
export interface ParseOptions {
  /** One-letter names of flags: `{ h: "help" }`. */
  readonly alias: Readonly<Record<string, string>>;
  /**
   * Switches, false if they are not given. A text behind "=" other than "true" and "false" becomes
   * the switch's value, so that the caller can refuse it.
   */
  readonly boolean: readonly string[];
  /** Flags that may be repeated. Each must be in `string` too. Their values are lists. */
  readonly collect: readonly string[];
  /** Values of switches that are not given, in place of false. */
  readonly default: Readonly<Record<string, unknown>>;
  /** Flags with a value, which is "" if it is left out. "_" stands for arguments without a flag. */
  readonly string: readonly string[];
  /** Called for each flag that no other option names. */
  readonly unknown: (arg: string, key: string) => void;
}

/** The given values by name. `_` has the arguments without a flag. */
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

/** Whether `name` is a flag with a value. "_" is not. */
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
 * Gives a flag without a value the value "", because `node:util` would read `--listen --api off` as
 * `--listen=--api`. A dash before a digit begins a negative number: no flag begins so.
 */
function withInlineBlanks(args: readonly string[], options: ParseOptions): string[] {
  const end = args.indexOf("--");
  return args.map((arg, at) => {
    const isOpen = (end < 0 || at < end) && arg.startsWith("--") && isFlag(options, arg.slice(2));
    const next = args[at + 1];
    return isOpen && (next === undefined || /^-(?!\d)/.test(next)) ? `${arg}=` : arg;
  });
}
