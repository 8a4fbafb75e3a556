// The end of an IKE SA: its Child SAs go, its keys are wiped, its addresses are free.

import { wipeIkeKeys } from "../keys/ike_keys.ts";
import type { EndReason, RefusedAction } from "./actions.ts";
import { removeChild } from "./children.ts";
import { type Context, dropSa } from "./context.ts";
import type { IkeSa } from "./ike_sa.ts";
import { spendTicket } from "./resumption.ts";

/** Ends an IKE SA that was up. It does nothing to one that is dead. */
export function endSa(context: Context, sa: IkeSa, reason: EndReason): void {
  if (sa.state === "dead") return;
  if (reason === "deleted_here" || reason === "deleted_by_peer") spendTicket(context, sa.ticket);
  const wasUp = sa.isCurrent && (sa.state === "established" || sa.state === "deleting");
  for (const child of [...sa.children.values()]) removeChild(context, sa, child);
  forget(context, sa);
  if (wasUp) context.actions.push({ kind: "ended", ike: sa.id, reason });
}

/** Ends an IKE SA that has not come up, and says why. */
export function refuseSa(
  context: Context,
  sa: IkeSa,
  refusal: Omit<RefusedAction, "kind" | "path">,
): void {
  if (sa.state === "dead") return;
  context.actions.push({ kind: "refused", path: sa.path ?? 0, ...refusal });
  endSa(context, sa, "no_answer");
}

/**
 * Forgets an IKE SA. A responder's answer to the last request stays for its repeat: the entry goes
 * by the time (`gateway/ike/engine/engine.ts`).
 */
function forget(context: Context, sa: IkeSa): void {
  if (sa.digest !== null) context.halfOpen.end(sa.digest);
  sa.state = "dead";
  sa.own.end();
  sa.chain?.drop();
  sa.chain = null;
  sa.collected = null;
  sa.wipe();
  if (sa.mixed !== null) wipeIkeKeys(sa.mixed);
  sa.mixed = null;
  for (const release of sa.leases.splice(0)) release();
  sa.heardAt = context.now;
  keepTomb(context, sa);
}

/** An answer counts for as long as few have ended behind it: strangers can make many end. */
function keepTomb(context: Context, sa: IkeSa): void {
  const { tombs } = context;
  tombs.add(sa);
  const [oldest] = tombs;
  if (tombs.size > TOMBS_MAX && oldest !== undefined) dropSa(context, oldest);
}

/** Most IKE SAs that have ended and are kept; with the greatest of first messages 20 MB. */
export const TOMBS_MAX = 1024;
