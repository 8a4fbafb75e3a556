// `culvert connections`: who is connected.

import * as z from "zod";
import { CLIENT_FLAGS, openClient, tableWidth } from "./client.ts";
import { type Command, type CommandContext, JSON_FLAG } from "./command.ts";
import { durationText } from "./format.ts";
import { type Column, renderTable } from "./table.ts";

export const connectionsCommand: Command = {
  name: "connections",
  summary: "list the connections of a running gateway",
  operands: [],
  flags: [...CLIENT_FLAGS, JSON_FLAG],
  run: listConnections,
};

const BY_KIND = z.record(z.string(), z.number());
const BY_DIRECTION = z.object({ inbound: BY_KIND, outbound: BY_KIND });

const CONNECTION = z.looseObject({
  id: z.number(),
  remote: z.string(),
  state: z.string(),
  since: z.string(),
  lane: z.number(),
  octets: BY_DIRECTION,
  queueOctets: z.number(),
  spis: z.array(z.string()),
  rttMicros: z.number().nullable(),
});

const CONNECTIONS = z.looseObject({ connections: z.array(CONNECTION) });

const COLUMNS: readonly Column[] = [
  { title: "ID", isNumber: true },
  { title: "REMOTE" },
  { title: "STATE" },
  { title: "AGE", isNumber: true },
  { title: "LANE", isNumber: true },
  { title: "OCTETS IN", isNumber: true },
  { title: "OCTETS OUT", isNumber: true },
  { title: "QUEUE", isNumber: true },
  { title: "RTT MS", isNumber: true },
  { title: "SPIS" },
];

async function listConnections(context: CommandContext): Promise<number> {
  const client = await openClient(context);
  const answer = await client.get("/v1/connections", CONNECTIONS);
  const { runtime, flags } = context;
  if (flags[JSON_FLAG.name] === true) {
    runtime.stdout(`${JSON.stringify(answer)}\n`);
    return 0;
  }
  const now = Date.now();
  const rows = answer.connections.map((connection) => rowOf(connection, now));
  runtime.stdout(renderTable(COLUMNS, rows, { width: tableWidth(context) }));
  return 0;
}

function rowOf(connection: z.output<typeof CONNECTION>, now: number): readonly string[] {
  const { octets, rttMicros } = connection;
  return [
    String(connection.id),
    connection.remote,
    connection.state,
    durationText((now - Date.parse(connection.since)) / 1000),
    String(connection.lane),
    String(sum(octets.inbound)),
    String(sum(octets.outbound)),
    String(connection.queueOctets),
    rttMicros === null ? "-" : (rttMicros / 1000).toFixed(1),
    connection.spis.join(",") || "-",
  ];
}

function sum(kinds: Readonly<Record<string, number>>): number {
  return Object.values(kinds).reduce((total, value) => total + value, 0);
}
