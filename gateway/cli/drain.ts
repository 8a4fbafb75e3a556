// `culvert drain`: makes a gateway close its connections in good order and accept no new ones.

import { CLIENT_FLAGS, openClient } from "./client.ts";
import type { Command, CommandContext } from "./command.ts";

export const drainCommand: Command = {
  name: "drain",
  summary: "drain a running gateway, without ending its process",
  operands: [],
  flags: CLIENT_FLAGS,
  run: drain,
};

async function drain(context: CommandContext): Promise<number> {
  const client = await openClient(context);
  await client.change("POST", "/v1/drain");
  await context.runtime.stdout("draining\n");
  return 0;
}
