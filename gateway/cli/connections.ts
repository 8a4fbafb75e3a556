// `culvert connections`: lists the connections of a running gateway.

import type * as z from "zod";
import { type CONNECTION, CONNECTIONS } from "../model/connection.ts";
import { CLIENT_FLAGS, openClient, tableWidth } from "./client.ts";
import type { Command, CommandContext } from "./command.ts";
import { durationText, rateText } from "./format.ts";
import { show, SHOW_FLAGS, WATCH_FLAG } from "./show.ts";
import { type Column, renderTable } from "./table.ts";

export const connectionsCommand: Command = {
  name: "connections",
  summary: "list the connections of a running gateway",
  operands: [],
  flags: [...CLIENT_FLAGS, ...SHOW_FLAGS],
  run: listConnections,
};

type Connection = z.output<typeof CONNECTION>;

const COLUMNS: readonly Column[] = [
  { title: "ID", isNumber: true },
  { title: "REMOTE" },
  { title: "STATE", rank: 1 },
  { title: "AGE", isNumber: true, rank: 3 },
  { title: "LANE", isNumber: true, rank: 7 },
  { title: "DAEMON SEES", rank: 3 },
  { title: "OCTETS IN", isNumber: true, rank: 2 },
  { title: "OCTETS OUT", isNumber: true, rank: 2 },
  { title: "QUEUE", isNumber: true, rank: 5 },
  { title: "RTT MS", isNumber: true, rank: 4 },
  { title: "SPIS", rank: 6 },
];

/** Shown by --watch: the rates since the look before. */
const RATE_COLUMNS: readonly Column[] = [
  { title: "BIT/S IN", isNumber: true, rank: 1 },
  { title: "BIT/S OUT", isNumber: true, rank: 1 },
];

/** Octets of a connection at one moment. */
interface Seen {
  /** When they were read, in monotonic ms. */
  readonly at: number;
  readonly octets: readonly [inbound: number, outbound: number];
}

async function listConnections(context: CommandContext): Promise<number> {
  const client = await openClient(context);
  const isWatching = context.flags[WATCH_FLAG.name] === true;
  let before = new Map<number, Seen>();
  return await show(context, async () => {
    const answer = await client.get("/v1/connections", CONNECTIONS);
    const at = context.runtime.now();
    const rows = answer.connections.map((connection) => {
      const { cells, octets } = rowOf(connection, context.clock.date());
      const rates = isWatching ? ratesOf({ at, octets }, before.get(connection.id)) : [];
      return { id: connection.id, cells: [...cells, ...rates], octets };
    });
    before = new Map(rows.map(({ id, octets }) => [id, { at, octets }]));
    const columns = isWatching ? [...COLUMNS, ...RATE_COLUMNS] : COLUMNS;
    const width = tableWidth(context);
    return { answer, table: renderTable(columns, rows.map(({ cells }) => cells), { width }) };
  });
}

interface Row extends Pick<Seen, "octets"> {
  readonly cells: readonly string[];
}

function rowOf(connection: Connection, now: Date): Row {
  const { rttMicros } = connection;
  const octets = [sum(connection.octets.inbound), sum(connection.octets.outbound)] as const;
  const cells = [
    String(connection.id),
    connection.remote,
    connection.state,
    durationText((now.getTime() - Date.parse(connection.since)) / 1000),
    String(connection.lane),
    connection.upstreamLocal ?? "-",
    ...octets.map(String),
    String(connection.queueOctets),
    rttMicros === null ? "-" : (rttMicros / 1000).toFixed(1),
    connection.spis.join(",") || "-",
  ];
  return { cells, octets };
}

function ratesOf(now: Seen, before: Seen | undefined): readonly string[] {
  return now.octets.map((octets, direction) => {
    if (before === undefined || now.at <= before.at) return "-";
    const grown = octets - (before.octets[direction] ?? 0);
    return rateText(8 * grown / ((now.at - before.at) / 1000));
  });
}

function sum(kinds: Connection["octets"]["inbound"]): number {
  return kinds.ike + kinds.esp + kinds.keepalive + kinds.empty;
}
