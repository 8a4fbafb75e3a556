// `culvert status`: shows a running gateway in one table.

import type * as z from "zod";
import { STATUSES } from "../../ts-bindings/status.ts";
import { STATUS } from "../model/gateway_status.ts";
import { CLIENT_FLAGS, openClient, tableWidth } from "./client.ts";
import type { Command, CommandContext } from "./command.ts";
import { durationText, rateText, shortTimeText, wrapWords } from "./format.ts";
import { histogramText } from "./histogram.ts";
import { show, SHOW_FLAGS } from "./show.ts";
import { renderTable } from "./table.ts";

export const statusCommand: Command = {
  name: "status",
  summary: "show the state and the totals of a running gateway",
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
    const rows = rowsOf(answer, { width, now: context.clock.date() });
    return { answer, table: renderTable(columns, rows, { width }) };
  });
}

/** The rows of the table. Lists that do not fit in one line continue in the next. */
function rowsOf(
  status: Status,
  { width, now }: { readonly width: number; readonly now: Date },
): readonly (readonly string[])[] {
  const { totals } = status;
  const isIgnored = (name: string): boolean => IGNORED.has(name);
  const rows: readonly (readonly [name: string, value: string])[] = [
    ["state", stateText(status)],
    ["listeners", status.listeners.join(", ") || "none"],
    ["upstream", upstreamText(status.upstream, now)],
    ["up", durationText(status.uptimeSeconds)],
    ["runtime", status.runtime],
    ["engine", status.engine],
    ["lanes", String(status.lanes)],
    ["lane load", totals.laneBusyRatio.map((ratio) => `${Math.round(100 * ratio)}%`).join(", ")],
    ["connections", countsText(totals.connections)],
    ["accepts", countsText(totals.accepts)],
    ["sas", countsText(totals.sas)],
    ["esp packets", countsText(totals.espPackets)],
    ["frames in", countsText(totals.frames.inbound)],
    ["frames out", countsText(totals.frames.outbound)],
    ["octets in", countsText(totals.octets.inbound)],
    ["octets out", countsText(totals.octets.outbound)],
    ["ike delay", histogramText(totals.ikeDelaySeconds, shortTimeText)],
    ["send queue", histogramText(totals.sendQueueOctets, rateText)],
    ["drops", countsText(totals.drops, (name) => !isIgnored(name))],
    ["ignored", countsText(totals.drops, isIgnored)],
    ["closes", countsText(totals.closes)],
    ["offloads", listText(Object.entries(status.offloads))],
    ["limits", listText(Object.entries(status.limits))],
  ];
  const nameLen = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, value]) =>
    wrapWords(value, width - nameLen - GAP_LEN).map((line, at) => [at === 0 ? name : "", line])
  );
}

const GAP_LEN = 2;

function stateText({ draining, unready }: Status): string {
  if (draining) return "draining";
  return unready.length === 0 ? "serving" : `not ready: ${unready.join(", ")}`;
}

function upstreamText(upstream: Status["upstream"], now: Date): string {
  if (upstream === null) return "none";
  const { address, state, reason, since } = upstream;
  const age = durationText((now.getTime() - Date.parse(since)) / 1000);
  const why = reason === null ? "" : ` (${reason})`;
  return `${address} ${state}${why} since ${age}`;
}

/** Counted among the drops, but legal: nothing is lost by them (docs/reference/statuses.md). */
const IGNORED: ReadonlySet<string> = new Set(
  STATUSES.filter(({ fate }) => fate === "ignore").map(({ snakeCase }) => snakeCase),
);

/** The counts that are not zero. */
function countsText(
  counts: Readonly<Record<string, unknown>>,
  isShown: (name: string) => boolean = () => true,
): string {
  return listText(Object.entries(counts).filter(([name, count]) => count !== 0 && isShown(name)));
}

function listText(entries: readonly (readonly [string, unknown])[]): string {
  const words = entries.map(([name, value]) => `${name} ${value}`);
  return words.length === 0 ? "none" : words.join(", ");
}
