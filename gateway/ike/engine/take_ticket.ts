// An initiator asks for tickets, and hands them to its caller (RFC 5723 §4.1, §4.2).

import { NOTIFY } from "../wire/notify_types.ts";
import { findNotify, makeNotify, type NotifyPayload } from "../wire/payloads/notify.ts";
import { createReader } from "../wire/reader.ts";
import type { Context } from "./context.ts";
import type { IkeSa } from "./ike_sa.ts";
import { ticketSuite } from "./resumption.ts";
import type { ResumptionTicket } from "./settings.ts";

/** Asks for a ticket, if the policy wants one. */
export function requestTicket({ peer }: IkeSa): NotifyPayload[] {
  return peer?.wantsTickets === true ? [makeNotify(NOTIFY.TICKET_REQUEST)] : [];
}

/** Hands a ticket that came to the caller, who keeps it for the next time. */
export function takeTicket(
  context: Context,
  sa: IkeSa,
  notifies: readonly NotifyPayload[],
): void {
  const data = findNotify(notifies, NOTIFY.TICKET_LT_OPAQUE)?.data;
  const { ids, peer } = sa;
  if (data === undefined || ids === null || peer?.wantsTickets !== true) return;
  const reader = createReader(data);
  const lifetimeMs = reader.u32() * 1000;
  const octets = reader.rest().slice();
  if (reader.isShort() || octets.length === 0 || octets.length > TICKET_LEN_MAX) return;
  const ticket: ResumptionTicket = {
    octets,
    lifetimeMs,
    suite: ticketSuite(sa.suite),
    d: sa.keyed().keys.d.slice(),
    client: ids.ours,
    server: ids.theirs,
  };
  context.actions.push({ kind: "ticket", ike: sa.id, peer: peer.name, ticket });
}

/** Most octets of a ticket that are kept. */
const TICKET_LEN_MAX = 16_384;
