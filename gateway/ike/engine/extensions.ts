// Extensions that both sides have to know: what IKE_SA_INIT says of them.

import { KE } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { findNotify, makeNotify, type NotifyPayload } from "../wire/payloads/notify.ts";
import type { Context } from "./context.ts";

/**
 * Says that we read fragments (RFC 7383 §2.3). Over TCP we send none, and a peer that began
 * elsewhere may.
 */
export const FRAGMENTS_SUPPORTED: NotifyPayload = makeNotify(NOTIFY.FRAGMENTATION_SUPPORTED);

/** Whether the peer reads fragments, and so may send them. */
export function hasFragments(notifies: readonly NotifyPayload[]): boolean {
  return findNotify(notifies, NOTIFY.FRAGMENTATION_SUPPORTED) !== undefined;
}

/** Says that we know IKE_INTERMEDIATE, if a key exchange of ours needs it (RFC 9242 §3.1). */
export function intermediateSupported(context: Context): NotifyPayload[] {
  return isHybrid(context) ? [makeNotify(NOTIFY.INTERMEDIATE_EXCHANGE_SUPPORTED)] : [];
}

/** Whether both sides know IKE_INTERMEDIATE. */
export function hasIntermediate(context: Context, notifies: readonly NotifyPayload[]): boolean {
  return isHybrid(context) &&
    findNotify(notifies, NOTIFY.INTERMEDIATE_EXCHANGE_SUPPORTED) !== undefined;
}

function isHybrid({ settings: { ike, esp } }: Context): boolean {
  return [...ike.ke1s ?? [], ...esp.ke1s ?? []].some((id) => id !== KE.NONE);
}
