// `culvert peers`: lists the peers whose IKE SA is up in a running gateway.

import type * as z from "zod";
import { type PEER, PEERS } from "../model/peer.ts";
import { CLIENT_FLAGS, openClient, tableWidth } from "./client.ts";
import type { Command, CommandContext } from "./command.ts";
import { durationText } from "./format.ts";
import { show, SHOW_FLAGS } from "./show.ts";
import { type Column, renderTable } from "./table.ts";

export const peersCommand: Command = {
  name: "peers",
  summary: "list the peers of a running gateway that answers IKE itself",
  operands: [],
  flags: [...CLIENT_FLAGS, ...SHOW_FLAGS],
  run: listPeers,
};

type Peer = z.output<typeof PEER>;

const COLUMNS: readonly Column[] = [
  { title: "ID", isNumber: true },
  { title: "IDENTITY" },
  { title: "REMOTE", rank: 1 },
  { title: "ADDRESS", rank: 1 },
  { title: "AGE", isNumber: true, rank: 3 },
  { title: "SUITE", rank: 6 },
  { title: "CHILD SAS", rank: 5 },
  { title: "OCTETS IN", isNumber: true, rank: 2 },
  { title: "OCTETS OUT", isNumber: true, rank: 2 },
  { title: "REKEYS", isNumber: true, rank: 4 },
];

async function listPeers(context: CommandContext): Promise<number> {
  const client = await openClient(context);
  return await show(context, async () => {
    const answer = await client.get("/v1/peers", PEERS);
    const now = context.clock.date();
    const rows = answer.peers.map((peer) => cellsOf(peer, now));
    return { answer, table: renderTable(COLUMNS, rows, { width: tableWidth(context) }) };
  });
}

function cellsOf(peer: Peer, now: Date): readonly string[] {
  const { children, rekeys } = peer;
  const octets = (direction: "inbound" | "outbound"): string =>
    String(children.reduce((sum, child) => sum + child.octets[direction], 0));
  return [
    String(peer.id),
    peer.identity,
    peer.remote ?? "away",
    peer.lease.join(",") || "-",
    durationText((now.getTime() - Date.parse(peer.since)) / 1000),
    peer.ike.suite,
    children.map(({ id, suite }) => `${id} ${suite}`).join(",") || "-",
    octets("inbound"),
    octets("outbound"),
    String(rekeys.ike + rekeys.child),
  ];
}
