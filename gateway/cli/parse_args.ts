// `parseArgs` with the call signature of JSR's `@std/cli/parse-args`, as much of it as the commands use, over `node:util`. The import map
// names this file as "@std/cli/parse-args"; where JSR can be had, one line there puts the original in its place.

import { parseArgs as parseNodeArgs } from "node:util";

/** Options, with the meaning they have in `@std/cli`. */
export interface ParseOptions {
  /** Other names: `{ h: "help" }`. */
  readonly alias?: Readonly<Record<string, string>>;
  /** Switches. Unlike the original's, one with a text that is neither "true" nor "false" has that text, for the caller to refuse. */
  readonly boolean?: readonly string[];
  /** Flags that may be repeated; each must be in `string` too. */
  readonly collect?: readonly string[];
  readonly default?: Readonly<Record<string, unknown>>;
  /** Flags with a value: "" if it is left out. "_" keeps positional arguments that look like numbers as strings. */
  readonly string?: readonly string[];
  /** Called for what no other option names; it is left out of the result if this returns false. */
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** What was given, by name; `_` has the rest. */
export interface Args {
  readonly [name: string]: unknown;
  readonly _: readonly (string | number)[];
}

/** Parses command-line arguments; what it does not know goes to `options.unknown`. */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const { tokens } = parseNodeArgs({
    args: withInlineBlanks(args, options),
    allowPositionals: true,
    options: nodeOptions(options),
    strict: false,
    tokens: true,
  });
  const result: Record<string, unknown> & { _: string[] } = { ...absentValues(options), _: [] };
  for (const token of tokens) {
    if (token.kind === "option") {
      take(result, options, token);
    } else if (token.kind === "positional" && options.unknown?.(token.value) !== false) {
      result._.push(token.value);
    }
  }
  return result;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
}

function take(result: Record<string, unknown>, options: ParseOptions, token: OptionToken): void {
  const name = options.alias?.[token.name] ?? token.name;
  if (options.boolean?.includes(name)) {
    result[name] = switchValue(token.value);
  } else if (options.collect?.includes(name)) {
    const before = result[name];
    result[name] = [...(Array.isArray(before) ? before : []), token.value ?? ""];
  } else if (options.string?.includes(name)) {
    result[name] = token.value ?? "";
  } else if (options.unknown?.(token.rawName, name, token.value ?? true) !== false) {
    result[name] = token.value ?? true;
  }
}

function switchValue(text: string | undefined): boolean | string {
  if (text === undefined || text === "true") return true;
  return text === "false" ? false : text;
}

function absentValues(options: ParseOptions): Record<string, unknown> {
  const booleans = (options.boolean ?? []).map((name) => [name, false] as const);
  const lists = (options.collect ?? []).map((name) => [name, []] as const);
  return { ...Object.fromEntries([...booleans, ...lists]), ...options.default };
}

function nodeOptions(
  options: ParseOptions,
): Record<string, { type: "string" | "boolean"; short?: string }> {
  const shorts = new Map(
    Object.entries(options.alias ?? {}).map(([short, name]) => [name, short]),
  );
  const withType = (type: "string" | "boolean") => (name: string) => {
    const short = shorts.get(name);
    return [name, short === undefined ? { type } : { type, short }] as const;
  };
  const strings = (options.string ?? []).filter((name) => name !== "_");
  return Object.fromEntries([
    ...strings.map(withType("string")),
    ...(options.boolean ?? []).map(withType("boolean")),
  ]);
}

/**
 * `node:util` would take `--listen --api off` as `--listen=--api`; a flag without its value has the value "". A dash before a digit is a
 * number's: no flag begins so.
 */
function withInlineBlanks(args: readonly string[], options: ParseOptions): string[] {
  const end = args.indexOf("--");
  return args.map((arg, at) => {
    const isFlag = (end < 0 || at < end) && arg.startsWith("--") &&
      (options.string?.includes(arg.slice(2)) ?? false);
    const next = args[at + 1];
    return isFlag && (next === undefined || /^-(?!\d)/.test(next)) ? `${arg}=` : arg;
  });
}
