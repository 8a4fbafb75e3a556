// `culvert kick ID`: closes one connection.

import { ConfigError } from "../config/error.ts";
import { CLIENT_FLAGS, openClient } from "./client.ts";
import type { Command, CommandContext } from "./command.ts";

export const kickCommand: Command = {
  name: "kick",
  summary: "close one connection of a running gateway",
  operands: ["ID"],
  flags: CLIENT_FLAGS,
  run: kick,
};

async function kick(context: CommandContext): Promise<number> {
  const id = context.operands[0] ?? "";
  if (!/^\d{1,15}$/.test(id)) {
    throw new ConfigError({ path: "culvert kick" }, "ID must be a number that connections lists");
  }
  const client = await openClient(context);
  await client.change("DELETE", `/v1/connections/${Number(id)}`);
  await context.runtime.stdout(`closed ${Number(id)}\n`);
  return 0;
}
