// The texts that `--help` prints.

import { type Command, type Flag, HELP_FLAG } from "./command.ts";
import { tableLines } from "./table.ts";

/** The help of the program: its commands. */
export function programHelp(commands: readonly Command[]): string {
  const rows = commands.map((command) => [usageOf(command), command.summary] as const);
  return [
    "Culvert: a gateway for IKE and ESP in TCP (RFC 9329)",
    "",
    "Usage: culvert [COMMAND] [FLAGS]. Without a command, culvert serves.",
    "",
    ...columns(rows),
    "",
    "Run culvert COMMAND --help for the flags of a command.",
    "",
  ].join("\n");
}

/** The help of one command: its flags. */
export function commandHelp(command: Command): string {
  const rows = [...command.flags, HELP_FLAG].map((flag) => [flagText(flag), noteOf(flag)] as const);
  return [`culvert ${usageOf(command)}: ${command.summary}`, "", ...columns(rows), ""].join("\n");
}

function usageOf(command: Command): string {
  return [command.name, ...command.operands].join(" ");
}

function flagText(flag: Flag): string {
  return flag.value === undefined ? `--${flag.name}` : `--${flag.name} ${flag.value}`;
}

function noteOf(flag: Flag): string {
  const fallback = flag.fallback ?? flag.unset;
  const isGiven = fallback !== undefined && flag.value !== undefined;
  const notes = [
    ...(flag.isRepeatable ? ["repeatable"] : []),
    ...(isGiven ? [`default ${fallback}`] : []),
  ];
  return notes.length === 0 ? flag.help : `${flag.help} (${notes.join(", ")})`;
}

/** The lines of a table. The empty first column indents them. */
function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  return tableLines([{}, {}, {}], rows.map((row) => ["", ...row]), { width: Infinity });
}
