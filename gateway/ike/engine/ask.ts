// Requests of this side under the keys of an IKE SA.

import { EXCHANGE, PROTOCOL } from "../wire/constants.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import { type Context, sealFor } from "./context.ts";
import type { Asked, IkeSa } from "./ike_sa.ts";

/** Asks the peer to forget an IKE SA. It answers requests until the answer comes. */
export function askDelete(context: Context, sa: IkeSa): void {
  sa.own.end();
  sa.state = "deleting";
  const payloads = [{ kind: "delete", protocol: PROTOCOL.IKE, spis: [] } as const];
  const what = { kind: "deleteIke" } as const;
  ask(context, sa, { what, exchange: EXCHANGE.INFORMATIONAL, payloads });
}

/** A request to send. */
export interface Request {
  readonly what: Asked;
  readonly exchange: number;
  readonly payloads: readonly Payload[];
}

/** Sends a request by the IKE SA's path. Call it only if none is outstanding. */
export function ask(context: Context, sa: IkeSa, { what, exchange, payloads }: Request): void {
  const messageId = sa.own.begin(what);
  const octets = sealFor(context, sa, { exchange, messageId, isResponse: false, payloads });
  sa.own.sent(octets);
  sa.askedAt = context.now;
  if (sa.path !== null) context.actions.push({ kind: "send", path: sa.path, octets });
}
