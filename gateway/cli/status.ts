// `culvert status`: a running gateway in a dozen lines.

import * as z from "zod";
import { CLIENT_FLAGS, openClient, tableWidth } from "./client.ts";
import { type Command, type CommandContext, JSON_FLAG } from "./command.ts";
import { durationText } from "./format.ts";
import { renderTable } from "./table.ts";

export const statusCommand: Command = {
  name: "status",
  summary: "show what a running gateway does",
  operands: [],
  flags: [...CLIENT_FLAGS, JSON_FLAG],
  run: showStatus,
};

const COUNTS = z.record(z.string(), z.number());

const STATUS = z.looseObject({
  version: z.string(),
  uptimeSeconds: z.number(),
  runtime: z.string(),
  engine: z.string(),
  lanes: z.number(),
  draining: z.boolean(),
  totals: z.looseObject({
    connections: COUNTS,
    accepts: COUNTS,
    sas: COUNTS,
    espPackets: COUNTS,
    drops: COUNTS,
    closes: COUNTS,
  }),
});

async function showStatus(context: CommandContext): Promise<number> {
  const client = await openClient(context);
  const status = await client.get("/v1/status", STATUS);
  const { runtime, flags } = context;
  if (flags[JSON_FLAG.name] === true) {
    runtime.stdout(`${JSON.stringify(status)}\n`);
    return 0;
  }
  const columns = [{ title: "CULVERT" }, { title: status.version }];
  runtime.stdout(renderTable(columns, rowsOf(status), { width: tableWidth(context) }));
  return 0;
}

function rowsOf(status: z.output<typeof STATUS>): readonly (readonly string[])[] {
  const { totals } = status;
  return [
    ["state", status.draining ? "draining" : "serving"],
    ["up", durationText(status.uptimeSeconds)],
    ["runtime", status.runtime],
    ["engine", status.engine],
    ["lanes", String(status.lanes)],
    ["connections", countsText(totals.connections)],
    ["accepts", countsText(totals.accepts)],
    ["sas", countsText(totals.sas)],
    ["esp packets", countsText(totals.espPackets)],
    ["drops", countsText(totals.drops)],
    ["closes", countsText(totals.closes)],
  ];
}

/** Those that are not zero. */
function countsText(counts: Readonly<Record<string, number>>): string {
  const words = Object.entries(counts).filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`);
  return words.length === 0 ? "none" : words.join(", ");
}
