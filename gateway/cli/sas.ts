// `culvert sas`: lists the installed SAs.

import * as z from "zod";
import { SAS, type SaView } from "../model/sa_view.ts";
import { spiText } from "../model/spi.ts";
import { CLIENT_FLAGS, openClient, tableWidth } from "./client.ts";
import type { Command, CommandContext } from "./command.ts";
import { show, SHOW_FLAGS } from "./show.ts";
import { type Column, renderTable } from "./table.ts";

export const sasCommand: Command = {
  name: "sas",
  summary: "list the SAs of a running gateway",
  operands: [],
  flags: [...CLIENT_FLAGS, ...SHOW_FLAGS],
  run: listSas,
};

const COLUMNS: readonly Column[] = [
  { title: "ID", isNumber: true },
  { title: "SPI" },
  { title: "DIRECTION", rank: 1 },
  { title: "PEER" },
  { title: "AEAD", rank: 6 },
  { title: "STATE", rank: 1 },
  { title: "PACKETS", isNumber: true, rank: 2 },
  { title: "OCTETS", isNumber: true, rank: 3 },
  { title: "SEQUENCE", isNumber: true, rank: 7 },
  { title: "PATH", isNumber: true, rank: 4 },
  { title: "LOCAL", rank: 6 },
  { title: "REMOTE", rank: 5 },
];

async function listSas(context: CommandContext): Promise<number> {
  const client = await openClient(context);
  return await show(context, async () => {
    const seen = await client.get("/v1/sas", SAS);
    const width = tableWidth(context);
    const table = renderTable(COLUMNS, seen.sas.map(rowOf), { width });
    return { answer: z.encode(SAS, seen), table };
  });
}

function rowOf(sa: SaView): readonly string[] {
  return [
    String(sa.id),
    spiText(sa.spi),
    sa.direction,
    sa.peer,
    `${sa.aead}/${sa.keyBits}`,
    sa.state,
    String(sa.packets),
    String(sa.octets),
    String(sa.sequence),
    sa.path === null ? "-" : String(sa.path),
    prefixesText(sa.local),
    prefixesText(sa.remote),
  ];
}

function prefixesText(prefixes: SaView["local"]): string {
  return prefixes.map(({ text }) => text).join(",");
}
