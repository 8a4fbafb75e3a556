// INFORMATIONAL: liveness and Delete (RFC 7296 §1.4, §2.4).

import { PROTOCOL } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import type { DeletePayload } from "../wire/payloads/delete.ts";
import { findNotify } from "../wire/payloads/notify.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import type { ContentOf } from "../wire/rules.ts";
import type { Path } from "./actions.ts";
import type { Answered } from "./answered.ts";
import type { Child } from "./child_sa.ts";
import { linger, startSending } from "./children.ts";
import type { Context } from "./context.ts";
import { endSa } from "./end.ts";
import { giveTicket } from "./give_ticket.ts";
import type { IkeSa } from "./ike_sa.ts";
import { answerMobike } from "./mobike.ts";
import { moveTo } from "./successor.ts";

/**
 * Answers a request of an established IKE SA. A request that asks for nothing asks whether we live,
 * and gets an empty answer.
 */
export function answerInformational(
  context: Context,
  sa: IkeSa,
  { deletes, notifies, path }: ContentOf<"informational"> & { readonly path: Path },
): Answered {
  if (findNotify(notifies, NOTIFY.AUTHENTICATION_FAILED) !== undefined) {
    const end = (): void => endSa(context, sa, "deleted_by_peer");
    return { payloads: [], before: [], after: [], end };
  }
  if (deletes.some(({ protocol }) => protocol === PROTOCOL.IKE)) {
    const end = (): void => endDeleted(context, sa);
    return { payloads: [], before: [], after: [], end };
  }
  const children = deletes.flatMap((payload) => deleted(sa, payload));
  // RFC 7296 §1.4.1: the answer names the other directions of the same pairs, but none whose
  // Delete we have sent ourselves (§2.25.1).
  const what = sa.own.outstanding()?.what;
  const crossing = what?.kind === "deleteChild" ? what.child : undefined;
  const spis = children.filter((child) => child !== crossing).map(({ spiIn }) => spiIn);
  for (const child of children) {
    if (child.next !== null) startSending(context, child.next);
    linger(context, sa, child);
  }
  const payloads: Payload[] = spis.length === 0
    ? []
    : [{ kind: "delete", protocol: PROTOCOL.ESP, spis }];
  const ticket = giveTicket(context, sa, notifies);
  const mobike = answerMobike(context, sa, { notifies, path });
  return { payloads: [...payloads, ...ticket, ...mobike], before: [], after: [] };
}

/**
 * Ends a deleted IKE SA. If the peer has replaced it, while our request to do the same waits, its
 * successor goes on (RFC 7296 §2.25.2).
 */
function endDeleted(context: Context, sa: IkeSa): void {
  const what = sa.own.outstanding()?.what;
  const next = what?.kind === "rekeyIke" ? what.rekey.theirs?.next : undefined;
  if (next) moveTo(context, sa, next);
  endSa(context, sa, "deleted_by_peer");
}

/** The Child SAs that a Delete names, by the SPIs that the peer receives on. */
function deleted(sa: IkeSa, { protocol, spis }: DeletePayload): Child[] {
  if (protocol !== PROTOCOL.ESP) return [];
  return [...sa.children.values()]
    .filter(({ spiOut, state }) => spis.includes(spiOut) && state !== "lingering");
}
