// What an initiator tells of a refusal by its responder.

import { NOTIFY, notifyName } from "../wire/notify_types.ts";
import { findError, type NotifyPayload } from "../wire/payloads/notify.ts";
import type { RefusedAction } from "./actions.ts";

/**
 * Makes the refusal of an answer that refuses.
 *
 * @param offered What was offered, which the responder does not repeat
 */
export function byPeer(
  notifies: readonly NotifyPayload[],
  offered: string,
): Omit<RefusedAction, "kind" | "path"> {
  const type = findError(notifies)?.type;
  if (type === undefined) return { reason: "refused_by_peer", detail: "without a reason" };
  const isProposal = type === NOTIFY.NO_PROPOSAL_CHOSEN || type === NOTIFY.INVALID_KE_PAYLOAD;
  const detail = isProposal ? `${notifyName(type)} to ${offered}` : notifyName(type);
  return { reason: "refused_by_peer", notify: type, detail };
}
