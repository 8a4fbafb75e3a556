// `culvert status`: a running gateway in a dozen lines.

import type * as z from "zod";
import { STATUS } from "../api/schemas.ts";
import { CLIENT_FLAGS, openClient, tableWidth } from "./client.ts";
import type { Command, CommandContext } from "./command.ts";
import { durationText, wrapWords } from "./format.ts";
import { show, SHOW_FLAGS } from "./show.ts";
import { renderTable } from "./table.ts";

export const statusCommand: Command = {
  name: "status",
  summary: "show what a running gateway does",
  operands: [],
  flags: [...CLIENT_FLAGS, ...SHOW_FLAGS],
  run: showStatus,
};

type Status = z.output<typeof STATUS>;

async function showStatus(context: CommandContext): Promise<number> {
  const client = await openClient(context);
  return await show(context, async () => {
    const answer = await client.get("/v1/status", STATUS);
    const width = tableWidth(context);
    const columns = [{ title: "CULVERT" }, { title: answer.version }];
    return { answer, table: renderTable(columns, rowsOf(answer, width), { width }) };
  });
}

/** Lists that are longer than the line go on below. */
function rowsOf(status: Status, width: number): readonly (readonly string[])[] {
  const { totals } = status;
  const rows: readonly (readonly [name: string, value: string])[] = [
    ["state", status.draining ? "draining" : "serving"],
    ["up", durationText(status.uptimeSeconds)],
    ["runtime", status.runtime],
    ["engine", status.engine],
    ["lanes", String(status.lanes)],
    ["lane load", totals.laneBusyRatio.map((ratio) => `${Math.round(100 * ratio)}%`).join(", ")],
    ["connections", countsText(totals.connections)],
    ["accepts", countsText(totals.accepts)],
    ["sas", countsText(totals.sas)],
    ["esp packets", countsText(totals.espPackets)],
    ["drops", countsText(totals.drops)],
    ["closes", countsText(totals.closes)],
  ];
  const nameLen = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, value]) =>
    wrapWords(value, width - nameLen - GAP_LEN).map((line, at) => [at === 0 ? name : "", line])
  );
}

const GAP_LEN = 2;

/** Those that are not zero. */
function countsText(counts: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(counts).filter(([, count]) => count !== 0)
    .map(([name, count]) => `${name} ${count}`);
  return words.length === 0 ? "none" : words.join(", ");
}
