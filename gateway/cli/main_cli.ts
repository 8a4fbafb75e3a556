// The program: finds the command, runs it, and reports its failure in one line on standard error.
// The exit code is 0 for a clean end, 1 for a failure, and 2 for a wrong command line or
// configuration.

import { setTimeout as delay } from "node:timers/promises";
import { ConfigError, nameText } from "../config/error.ts";
import { flagOf, variableOf } from "../config/settings.ts";
import type { FlagValues } from "../config/sources.ts";
import type { Runtime } from "../runtime/types.ts";
import { createLineQueue } from "../shell/line_queue.ts";
import type { RunningGateway, StartOptions } from "../shell/start.ts";
import { openOwnState } from "../state/open_state.ts";
import { benchCommand } from "./bench.ts";
import { CA_COMMANDS } from "./ca.ts";
import { checkConfigCommand } from "./check_config.ts";
import { type Clock, type Command, type CommandContext, parseCommand } from "./command.ts";
import { connectCommand } from "./connect.ts";
import { connectionsCommand } from "./connections.ts";
import { drainCommand } from "./drain.ts";
import { commandHelp, programHelp } from "./help.ts";
import { kickCommand } from "./kick.ts";
import { peersCommand } from "./peers.ts";
import { profileCommand } from "./profile.ts";
import { sasCommand } from "./sas.ts";
import { serveCommand } from "./serve.ts";
import { statusCommand } from "./status.ts";
import { printable } from "./table.ts";
import { versionCommand } from "./version.ts";

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  serveCommand,
  connectCommand,
  profileCommand,
  ...CA_COMMANDS,
  checkConfigCommand,
  statusCommand,
  connectionsCommand,
  peersCommand,
  sasCommand,
  drainCommand,
  kickCommand,
  benchCommand,
  versionCommand,
];

/** What a command reaches outside its runtime. Tests replace it. */
export type Outside = Partial<
  Pick<CommandContext, "fetch" | "startGateway" | "openState" | "clock">
>;

/** Runs the command that `runtime.args` names. The result is the exit code; it never throws. */
export async function runCli(runtime: Runtime, outside: Outside = {}): Promise<number> {
  const errors = createLineQueue({ write: runtime.stderr });
  try {
    return await dispatch(runtime, {
      fetch: (request) => fetchDirectly(runtime, request),
      startGateway,
      openState: openOwnState,
      clock: CLOCK,
      errors,
      ...outside,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    errors.push(`${printable(message.split("\n")[0] ?? "").slice(0, MESSAGE_LEN_MAX)}\n`);
    return error instanceof ConfigError ? 2 : 1;
  } finally {
    await errors.settle(SETTLE_MS);
  }
}

/** Characters of a message: a part of it may come from a server that is not a gateway. */
const MESSAGE_LEN_MAX = 1000;

/** How long the last lines may take when nobody reads them, ms. */
const SETTLE_MS = 500;

type Given = Required<Outside> & Pick<CommandContext, "errors">;

async function dispatch(runtime: Runtime, outside: Given): Promise<number> {
  const [first = "", ...rest] = runtime.args;
  if (["--help", "-h", "help"].includes(first)) {
    await runtime.stdout(programHelp(COMMANDS));
    return 0;
  }
  // No subcommand means serve.
  const isNamed = first !== "" && !first.startsWith("-");
  const command = isNamed ? commandOf(first, rest[0] ?? "") : serveCommand;
  if (command === undefined) {
    throw new ConfigError({ path: "culvert" }, `unknown command ${nameText(first)}, see --help`);
  }
  const words = isNamed ? command.name.split(" ").length : 0;
  const { flags, operands, isHelp } = parseCommand(command, runtime.args.slice(words));
  if (isHelp) {
    await runtime.stdout(commandHelp(command));
    return 0;
  }
  const ignored = runtime.ignoredVariables();
  refuseIgnored(command, flags, ignored);
  if (ignored.length > 0 && command.hasLog === undefined) {
    outside.errors.push(`Ignored, because ${HAS_MORE_RIGHTS}: ${ignored.join(", ")}\n`);
  }
  return await command.run({ runtime, flags, operands, ...outside });
}

/** The command of one word, or of two. */
function commandOf(first: string, second: string): Command | undefined {
  return COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`);
}

/**
 * A gateway that went on without its file or without its token would be more open than its operator
 * wants, so these variables are not passed over where a flag can be given in their place.
 */
function refuseIgnored(command: Command, flags: FlagValues, ignored: readonly string[]): void {
  for (const name of ["config", "apiTokenFile"] as const) {
    const flag = name === "config" ? name : flagOf(name);
    const variable = name === "config" ? "CULVERT_CONFIG" : variableOf(name);
    const isMissing = command.flags.some((one) => one.name === flag) && !isGiven(flags[flag]);
    if (!isMissing || !ignored.includes(variable)) continue;
    throw new ConfigError({ path: variable }, `${HAS_MORE_RIGHTS}: give --${flag} instead`);
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

const HAS_MORE_RIGHTS = "this program has more rights than the user who starts it";

/** The API is asked itself: its token must not go to the proxy of the environment. */
function fetchDirectly(runtime: Runtime, request: Request): Promise<Response> {
  runtime.forgetProxies();
  return globalThis.fetch(request);
}

/**
 * Loads the data path only for the commands that run a gateway: the others need neither libc nor
 * workers.
 */
async function startGateway(options: StartOptions): Promise<RunningGateway> {
  const shell = await import("../shell/start.ts");
  return await shell.startGateway(options);
}

const CLOCK: Clock = { date: () => new Date(), sleep };

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
