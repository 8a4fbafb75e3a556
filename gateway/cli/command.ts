// What makes up a subcommand: its name, its flags, and what it does. Flags are data, so that the
// help and the parser cannot differ.

import { parseArgs } from "@std/cli/parse-args";
import { ConfigError, nameText } from "../config/error.ts";
import type { FlagValues } from "../config/sources.ts";
import type { Runtime } from "../runtime/types.ts";
import type { LineQueue } from "../shell/line_queue.ts";
import type { RunningGateway, StartOptions } from "../shell/start.ts";
import type { OwnState, StateOptions } from "../state/open_state.ts";

/** A flag, by its name without dashes. */
export interface Flag {
  readonly name: string;
  /** The placeholder of its value in the help. Undefined for a switch. */
  readonly value: string | undefined;
  readonly isRepeatable?: true;
  readonly fallback?: string;
  /** Describes the default in words, for a flag without `fallback`. */
  readonly unset?: string;
  readonly help: string;
}

/** What a command works with. */
export interface CommandContext {
  readonly runtime: Runtime;
  /** The flags that were given. Others are undefined, null or an empty list. */
  readonly flags: FlagValues;
  /** Exactly as many as the command has operands. */
  readonly operands: readonly string[];
  readonly fetch: (request: Request) => Promise<Response>;
  readonly startGateway: (options: StartOptions) => Promise<RunningGateway>;
  readonly openState: (options: StateOptions) => Promise<OwnState>;
  readonly clock: Clock;
  /** Standard error: what goes wrong, and the log. */
  readonly errors: LineQueue;
}

/** Wall-clock time and waiting. Tests replace it. */
export interface Clock {
  readonly date: () => Date;
  /** Resolves after `ms`, or earlier when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A subcommand. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Names of its operands in the help: `["FILE"]`. */
  readonly operands: readonly string[];
  readonly flags: readonly Flag[];
  /** Set if it writes a log: further lines on standard error must then have the log's format. */
  readonly hasLog?: true;
  /**
   * Runs the command. The result is the exit code.
   *
   * @throws {ConfigError} If the command line or a setting is wrong (exit code 2)
   * @throws {Error} If the command failed (exit code 1); the message is one line
   */
  readonly run: (context: CommandContext) => Promise<number>;
}

/** The flag that every command has. */
export const HELP_FLAG: Flag = {
  name: "help",
  value: undefined,
  help: "print this help",
};

/** The flag of commands that can print JSON. */
export const JSON_FLAG: Flag = {
  name: "json",
  value: undefined,
  help: "print JSON",
};

/** A command's parsed arguments. */
export interface ParsedCommand {
  readonly flags: FlagValues;
  readonly operands: readonly string[];
  readonly isHelp: boolean;
}

/**
 * Parses a command's arguments.
 *
 * @throws {ConfigError} For a flag that the command does not have, a switch that is neither on nor
 *   off, or a wrong number of operands
 */
export function parseCommand(command: Command, args: readonly string[]): ParsedCommand {
  const own = command.flags.filter((flag) => flag.value === undefined).map(nameOf);
  const switches = [HELP_FLAG.name, ...own];
  const parsed = parseArgs(args, {
    alias: { h: HELP_FLAG.name },
    boolean: switches,
    collect: command.flags.filter((flag) => flag.isRepeatable).map(nameOf),
    // A switch that is not given must differ from false, which overrides the environment.
    default: Object.fromEntries(own.map((name) => [name, null])),
    string: ["_", ...command.flags.filter((flag) => flag.value !== undefined).map(nameOf)],
    unknown: (_arg, key) => {
      throw unknownFlag(command, key);
    },
  });
  const values = {
    ...parsed,
    ...Object.fromEntries(switches.map((name) => [name, truthOf(parsed[name])])),
  };
  checkSwitches(switches, values);
  const { _: operands, [HELP_FLAG.name]: isHelp, ...flags } = values;
  if (isHelp !== true) checkOperands(command, operands);
  return { flags, operands, isHelp: isHelp === true };
}

/**
 * The message leaves out what stands behind "=", so that a secret given as a flag is not repeated.
 */
function unknownFlag(command: Command, key: string): ConfigError {
  const isName = /^[\w-]{1,32}$/.test(key);
  const path = isName ? `${key.length === 1 ? "-" : "--"}${key}` : "flag";
  return new ConfigError({ path }, `unknown flag, see culvert ${command.name} --help`);
}

/** What a switch means, in any case of letters. */
function truthOf(value: unknown): unknown {
  const word = typeof value === "string" ? value.toLowerCase() : value;
  return word === "true" || word === "false" ? word === "true" : value;
}

/** The parser keeps the text of a switch such as "no" or "0", which is neither on nor off. */
function checkSwitches(names: readonly string[], values: FlagValues): void {
  const wrong = names.find((name) => typeof values[name] === "string");
  if (wrong !== undefined) throw new ConfigError({ path: `--${wrong}` }, "must be true or false");
}

function checkOperands(command: Command, operands: readonly string[]): void {
  const path = `culvert ${command.name}`;
  const missing = command.operands[operands.length];
  if (missing !== undefined) throw new ConfigError({ path }, `needs ${missing}`);
  const extra = operands[command.operands.length];
  if (extra === undefined) return;
  throw new ConfigError({ path }, `unexpected argument ${nameText(extra)}`);
}

function nameOf(flag: Flag): string {
  return flag.name;
}
