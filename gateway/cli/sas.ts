// `culvert sas`: the SAs that are installed.

import * as z from "zod";
import { CLIENT_FLAGS, openClient, tableWidth } from "./client.ts";
import { type Command, type CommandContext, JSON_FLAG } from "./command.ts";
import { type Column, renderTable } from "./table.ts";

export const sasCommand: Command = {
  name: "sas",
  summary: "list the SAs of a running gateway",
  operands: [],
  flags: [...CLIENT_FLAGS, JSON_FLAG],
  run: listSas,
};

/** Above 2^53 a decimal string. */
const NUMBER = z.union([z.number(), z.string()]);

const SA = z.looseObject({
  spi: z.string(),
  direction: z.string(),
  peer: z.string(),
  aead: z.string(),
  keyBits: z.number(),
  local: z.array(z.string()),
  remote: z.array(z.string()),
  state: z.string(),
  packets: NUMBER,
  octets: NUMBER,
  sequence: NUMBER,
  path: z.number().nullable(),
});

const SAS = z.looseObject({ sas: z.array(SA) });

const COLUMNS: readonly Column[] = [
  { title: "SPI" },
  { title: "DIRECTION" },
  { title: "PEER" },
  { title: "AEAD" },
  { title: "STATE" },
  { title: "PACKETS", isNumber: true },
  { title: "OCTETS", isNumber: true },
  { title: "SEQUENCE", isNumber: true },
  { title: "PATH", isNumber: true },
  { title: "LOCAL" },
  { title: "REMOTE" },
];

async function listSas(context: CommandContext): Promise<number> {
  const client = await openClient(context);
  const answer = await client.get("/v1/sas", SAS);
  const { runtime, flags } = context;
  if (flags[JSON_FLAG.name] === true) {
    runtime.stdout(`${JSON.stringify(answer)}\n`);
    return 0;
  }
  runtime.stdout(renderTable(COLUMNS, answer.sas.map(rowOf), { width: tableWidth(context) }));
  return 0;
}

function rowOf(sa: z.output<typeof SA>): readonly string[] {
  return [
    sa.spi,
    sa.direction,
    sa.peer,
    `${sa.aead}/${sa.keyBits}`,
    sa.state,
    String(sa.packets),
    String(sa.octets),
    String(sa.sequence),
    sa.path === null ? "-" : String(sa.path),
    sa.local.join(","),
    sa.remote.join(","),
  ];
}
