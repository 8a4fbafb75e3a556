// A responder gives tickets to clients that ask for them (RFC 5723 §4.1).

import { NOTIFY } from "../wire/notify_types.ts";
import { findNotify, makeNotify, type NotifyPayload } from "../wire/payloads/notify.ts";
import { createWriter } from "../wire/writer.ts";
import { NONCE_LEN, sealTicket, ticketName } from "../tickets/ticket.ts";
import type { Context } from "./context.ts";
import type { IkeSa } from "./ike_sa.ts";
import { policyDigest, spendTicket, ticketSuite } from "./resumption.ts";

/** The answer to TICKET_REQUEST: nothing if there was none, or if tickets are off here. */
export function giveTicket(
  context: Context,
  sa: IkeSa,
  notifies: readonly NotifyPayload[],
): NotifyPayload[] {
  const { settings, settings: { tickets }, tools } = context;
  const [key] = tickets?.keys ?? [];
  if (findNotify(notifies, NOTIFY.TICKET_REQUEST) === undefined || tickets === undefined) return [];
  const { ids, peer } = sa;
  const now = context.wallMs();
  const provenUntil = sa.proven.until;
  const lifetimeMs = Math.min(tickets.lifetimeMs, settings.lifetimes.ike, provenUntil - now);
  if (key === undefined || ids === null || peer === null || lifetimeMs < 0) {
    return [makeNotify(NOTIFY.TICKET_NACK)];
  }
  const ticket = sealTicket(
    {
      expiresAt: now + lifetimeMs,
      provenUntil,
      suite: ticketSuite(sa.suite),
      d: sa.keyed().keys.d,
      client: ids.theirs,
      server: ids.ours,
      policy: policyDigest(settings, peer),
    },
    key,
    tools.random(NONCE_LEN),
  );
  spendTicket(context, sa.ticket);
  sa.ticket = ticketName(ticket);
  const writer = createWriter(new Uint8Array(4 + ticket.length));
  writer.u32(Math.floor(lifetimeMs / 1000));
  writer.octets(ticket);
  return [makeNotify(NOTIFY.TICKET_LT_OPAQUE, writer.written())];
}
