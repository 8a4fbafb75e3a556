// What an established IKE SA does by itself, one request at a time: Deletes that are due, then
// rekeys, then the question whether the peer lives.

import { EXCHANGE, PROTOCOL } from "../wire/constants.ts";
import { ask } from "./ask.ts";
import { requestTicket } from "./take_ticket.ts";
import type { Child } from "./child_sa.ts";
import { removeChild, startSending } from "./children.ts";
import type { Context } from "./context.ts";
import { isChained } from "./followup.ts";
import type { IkeSa } from "./ike_sa.ts";
import { askUpdate } from "./mobike.ts";
import { askRekeyChild } from "./rekey_child.ts";
import { askRekeyIke } from "./rekey_ike.ts";

/** Does what is due now, and sends the next request if none is outstanding. */
export function advance(context: Context, sa: IkeSa): void {
  if (sa.state !== "established") return;
  advanceChildren(context, sa);
  if (sa.path === null || sa.own.outstanding() !== undefined) return;
  // The peer may not have our answer to its rekey yet, and then it does not know this IKE SA. Its
  // Delete of the old one says that it does.
  if (sa.predecessor?.state === "rekeyed") return;
  if (isChained(context, sa)) return;
  const { now } = context;
  if (sa.isUpdateDue) return askUpdate(context, sa);
  const children = [...sa.children.values()];
  const deleted = children.find(({ state }) => state === "deleting");
  if (deleted !== undefined) {
    const payloads = [{ kind: "delete", protocol: PROTOCOL.ESP, spis: [deleted.spiIn] } as const];
    const what = { kind: "deleteChild", child: deleted } as const;
    return ask(context, sa, { what, exchange: EXCHANGE.INFORMATIONAL, payloads });
  }
  const old = children.find((child) =>
    child.state === "up" && now >= child.rekeyAt && isConfirmed(child, children)
  );
  if (old !== undefined) return askRekeyChild(context, sa, { old, tried: [] });
  if (now >= sa.rekeyAt || sa.own.isNearEnd()) return askRekeyIke(context, sa, { tried: [] });
  if (sa.isTicketDue) {
    sa.isTicketDue = false;
    const what = { kind: "ticket" } as const;
    const payloads = requestTicket(sa);
    return ask(context, sa, { what, exchange: EXCHANGE.INFORMATIONAL, payloads });
  }
  if (now - sa.heardAt >= LIVENESS_MS) {
    const what = { kind: "liveness" } as const;
    ask(context, sa, { what, exchange: EXCHANGE.INFORMATIONAL, payloads: [] });
  }
}

/**
 * Whether the peer is known to have a Child SA. It may not have our answer to its rekey yet; its
 * Delete of the old one says that it does.
 */
function isConfirmed(child: Child, children: readonly Child[]): boolean {
  return !children.some(({ next, state }) => next === child && state === "replaced");
}

/** Times of Child SAs that need no request. */
function advanceChildren(context: Context, sa: IkeSa): void {
  const { now } = context;
  for (const child of [...sa.children.values()]) {
    if (child.state === "up" && now >= child.pendingUntil) startSending(context, child);
    if (now < child.removeAt) continue;
    if (child.state === "replaced") child.state = "deleting";
    else if (child.state === "lingering") removeChild(context, sa, child);
  }
}

/** Silence after which we ask whether the peer lives, ms. */
const LIVENESS_MS = 30_000;
