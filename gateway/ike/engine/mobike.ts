// MOBIKE (RFC 4555): the side that began says where it is now. Over TCP that is a new connection,
// and every request of it moves the IKE SA (RFC 9329 §6.1, §7.1); what is left are the messages.

import { timingSafeEqual } from "node:crypto";
import { EXCHANGE } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { findNotify, makeNotify, type NotifyPayload } from "../wire/payloads/notify.ts";
import type { Path } from "./actions.ts";
import { ask } from "./ask.ts";
import type { Context } from "./context.ts";
import type { IkeSa } from "./ike_sa.ts";
import { natHash } from "./nat_detection.ts";

/** Responder: the answer to MOBIKE_SUPPORTED in IKE_AUTH. */
export function acceptMobike(notifies: readonly NotifyPayload[]): NotifyPayload[] {
  const isThere = findNotify(notifies, NOTIFY.MOBIKE_SUPPORTED) !== undefined;
  return isThere ? [makeNotify(NOTIFY.MOBIKE_SUPPORTED)] : [];
}

/** A request that has come. */
export interface Moving {
  readonly notifies: readonly NotifyPayload[];
  readonly path: Path;
}

/** What a request of INFORMATIONAL gets for its notifies of MOBIKE. */
export function answerMobike(
  { settings }: Context,
  sa: IkeSa,
  { notifies, path }: Moving,
): NotifyPayload[] {
  const has = (type: number): boolean => findNotify(notifies, type) !== undefined;
  const detection = has(NOTIFY.NAT_DETECTION_SOURCE_IP) || has(NOTIFY.NAT_DETECTION_DESTINATION_IP)
    ? [
      makeNotify(NOTIFY.NAT_DETECTION_SOURCE_IP, natHash(sa, path.local)),
      makeNotify(NOTIFY.NAT_DETECTION_DESTINATION_IP, natHash(sa, path.remote)),
    ]
    : [];
  const nats = settings.refusesNats === true ? natsOf(notifies, path) : [];
  return [...nats, ...detection, ...echoed(notifies)];
}

/** COOKIE2 goes back as it came (RFC 4555 §3.7). */
function echoed(notifies: readonly NotifyPayload[]): NotifyPayload[] {
  const data = findNotify(notifies, NOTIFY.COOKIE2)?.data;
  const isGood = data !== undefined && data.length >= COOKIE_LEN_MIN &&
    data.length <= COOKIE_LEN_MAX;
  return isGood ? [makeNotify(NOTIFY.COOKIE2, data)] : [];
}

/** Says that somebody has changed the addresses on the way (RFC 4555 §3.9). */
function natsOf(notifies: readonly NotifyPayload[], { local, remote }: Path): NotifyPayload[] {
  const data = findNotify(notifies, NOTIFY.NO_NATS_ALLOWED)?.data;
  if (data === undefined) return [];
  const ports = [remote.port, local.port].flatMap((port) => [port >>> 8, port & 0xff]);
  const seen = Uint8Array.of(...remote.octets, ...local.octets, ...ports);
  const isSame = seen.length === data.length && Buffer.compare(seen, data) === 0;
  return isSame ? [] : [makeNotify(NOTIFY.UNEXPECTED_NAT_DETECTED)];
}

/** Initiator: says that it is here now. */
export function askUpdate(context: Context, sa: IkeSa): void {
  sa.isUpdateDue = false;
  const cookie = context.tools.random(COOKIE_LEN);
  ask(context, sa, {
    what: { kind: "update", cookie },
    exchange: EXCHANGE.INFORMATIONAL,
    payloads: [makeNotify(NOTIFY.UPDATE_SA_ADDRESSES), makeNotify(NOTIFY.COOKIE2, cookie)],
  });
}

/** Whether the answer has the cookie of the request. Without it the IKE SA ends (§3.7). */
export function isEchoed(cookie: Uint8Array, notifies: readonly NotifyPayload[]): boolean {
  const data = findNotify(notifies, NOTIFY.COOKIE2)?.data;
  return data?.length === cookie.length && timingSafeEqual(data, cookie);
}

/** RFC 4555 §4.2.5. */
const COOKIE_LEN_MIN = 8;
const COOKIE_LEN_MAX = 64;

/** Octets of our cookies. */
const COOKIE_LEN = 16;
