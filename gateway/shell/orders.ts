// Orders to lanes on behalf of the API and the dialer: close a connection, send a dummy packet.

import { COMMAND_KICK, dummyCommand } from "../lane/commands.ts";
import type { Gateway, KickOutcome } from "../model/gateway.ts";
import type { Refusal } from "../model/refusal.ts";
import type { ConnectionRows } from "./connection_rows.ts";
import type { Lanes } from "./lanes.ts";
import type { Sad } from "./sad.ts";

/** Orders, each to the lane that owns the connection. */
export type Orders = Pick<Gateway, "kick" | "sendDummy">;

export interface OrdersOptions {
  readonly sad: Pick<Sad, "find" | "pathOf">;
  readonly rows: Pick<ConnectionRows, "locate" | "laneOf">;
  readonly lanes: Pick<Lanes, "command">;
  /** Largest inner packet in octets; a dummy is no larger, so that its size tells nothing. */
  readonly innerMtu: number;
}

/** Makes the orders. None of them waits until its lane has done it. */
export function createOrders(options: OrdersOptions): Orders {
  return {
    kick: (id) => kick(options, id),
    sendDummy: (id, octets) => sendDummy(options, id, octets),
  };
}

function kick({ rows, lanes }: OrdersOptions, id: number): KickOutcome {
  const found = rows.locate(id);
  if (found === undefined) return "unknown";
  const command = [COMMAND_KICK, found.row, found.generation];
  return lanes.command(found.lane, command) ? "told" : "busy";
}

function sendDummy(
  { sad, rows, lanes, innerMtu }: OrdersOptions,
  id: number,
  octets: number,
): Refusal | "unknown" | undefined {
  const entry = sad.find(id);
  if (entry === undefined) return "unknown";
  if (entry.spec.direction !== "outbound") {
    return { kind: "conflict", detail: "The SA is inbound: dummy packets leave by outbound SAs" };
  }
  if (octets < 1 || octets > innerMtu) {
    return {
      kind: "invalid",
      member: "octets",
      detail: `octets must be 1 to ${innerMtu}, as --inner-mtu has it`,
    };
  }
  const lane = rows.laneOf(sad.pathOf(id));
  if (lane === undefined) return { kind: "conflict", detail: "The peer has no path" };
  if (lanes.command(lane, dummyCommand(entry, octets))) return undefined;
  return { kind: "conflict", detail: "The lane has too many orders" };
}
