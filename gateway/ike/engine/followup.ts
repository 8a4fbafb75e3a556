// IKE_FOLLOWUP_KE: the additional key exchange behind a rekey, both sides (RFC 9370 §2.2.4). The
// new SA is made when it has ended; before that there is nothing to delete.

import { timingSafeEqual } from "node:crypto";
import { KEY_EXCHANGES } from "../keys/key_exchanges.ts";
import { EXCHANGE } from "../wire/constants.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { findNotify, makeNotify, type NotifyPayload } from "../wire/payloads/notify.ts";
import type { RawPayload } from "../wire/payloads/payload.ts";
import { type ContentOf, readAnswer } from "../wire/rules.ts";
import type { Answered } from "./answered.ts";
import { ask, askDelete } from "./ask.ts";
import type { Chain } from "./chain.ts";
import type { Context } from "./context.ts";
import { endSa } from "./end.ts";
import type { Followup, IkeSa } from "./ike_sa.ts";

/** Waits for the peer's additional key exchange, and returns the notify that says so. */
export function openChain(
  context: Context,
  sa: IkeSa,
  chain: Omit<Chain, "link" | "until">,
): NotifyPayload {
  dropChain(sa);
  const link = context.tools.random(LINK_LEN);
  sa.chain = { ...chain, link, until: context.now + CHAIN_MS };
  return makeNotify(NOTIFY.ADDITIONAL_KEY_EXCHANGE, link);
}

/** Forgets the peer's rekey. Its next request gets STATE_NOT_FOUND. */
export function dropChain(sa: IkeSa): void {
  sa.chain?.drop();
  sa.chain = null;
}

/** Whether a rekey of the peer waits for its additional key exchange. A late one is dropped. */
export function isChained({ now }: Context, sa: IkeSa): boolean {
  if (sa.chain !== null && now > sa.chain.until) dropChain(sa);
  return sa.chain !== null;
}

/** Answers the additional key exchange of the peer's rekey. */
export function answerFollowup(
  context: Context,
  sa: IkeSa,
  { ke, notifies }: ContentOf<"followupKeRequest">,
): Answered {
  const chain = isChained(context, sa) ? sa.chain : null;
  const link = findNotify(notifies, NOTIFY.ADDITIONAL_KEY_EXCHANGE);
  if (sa.state !== "established" || chain === null || !isSame(chain.link, link?.data)) return LOST;
  const pair = ke.method === chain.ke ? KEY_EXCHANGES[chain.ke].respond(ke.data) : undefined;
  const secret = pair?.agree(ke.data);
  if (pair === undefined || secret === undefined) {
    // RFC 6989 §2.5: a bad value under keys that are right ends the IKE SA.
    const end = (): void => endSa(context, sa, "malformed");
    return { ...only(NOTIFY.INVALID_SYNTAX), end };
  }
  sa.chain = null;
  const made = chain.finish(secret);
  if (made === undefined) return LOST;
  return { ...made, payloads: [{ kind: "ke", method: chain.ke, data: pair.publicValue }] };
}

function isSame(link: Uint8Array, data: Uint8Array | undefined): boolean {
  return data?.length === link.length && timingSafeEqual(link, data);
}

function only(type: number): Answered {
  return { payloads: [makeNotify(type)], before: [], after: [] };
}

const LOST: Answered = only(NOTIFY.STATE_NOT_FOUND);

/** Asks for the additional key exchange, with the responder's link. */
export function askFollowup(
  context: Context,
  sa: IkeSa,
  { link, ...parts }: Omit<Followup, "pair"> & { readonly link: Uint8Array },
): void {
  const pair = KEY_EXCHANGES[parts.ke].generate();
  ask(context, sa, {
    what: { kind: "followup", followup: { ...parts, pair } },
    exchange: EXCHANGE.IKE_FOLLOWUP_KE,
    payloads: [
      { kind: "ke", method: parts.ke, data: pair.publicValue },
      makeNotify(NOTIFY.ADDITIONAL_KEY_EXCHANGE, link),
    ],
  });
}

/** The link in an answer, as a copy; undefined if there is none. */
export function linkOf(notifies: readonly NotifyPayload[]): Uint8Array | undefined {
  return findNotify(notifies, NOTIFY.ADDITIONAL_KEY_EXCHANGE)?.data.slice();
}

/** Takes the answer. One that wants still another exchange was not agreed on. */
export function takeFollowup(
  context: Context,
  sa: IkeSa,
  { followup, payloads }: {
    readonly followup: Followup;
    readonly payloads: readonly RawPayload[];
  },
): void {
  const parsed = readAnswer("followupKeResponse", payloads);
  if ("fault" in parsed) return endSa(context, sa, "malformed");
  if (parsed.value.kind === "refused") {
    followup.fail();
    const isLost = findNotify(parsed.value.notifies, NOTIFY.STATE_NOT_FOUND) !== undefined;
    sa.lostCount += isLost ? 1 : 0;
    return sa.lostCount < LOST_MAX ? undefined : askDelete(context, sa);
  }
  const { ke, notifies } = parsed.value.content;
  const isLast = ke.method === followup.ke && linkOf(notifies) === undefined;
  const secret = isLast ? followup.pair.agree(ke.data) : undefined;
  if (secret === undefined) return endSa(context, sa, "malformed");
  sa.lostCount = 0;
  followup.finish(secret);
}

const LINK_LEN = 16;

/** How long a rekey waits for its additional key exchange, ms (RFC 9370 §2.2.4: 5 to 20 s). */
const CHAIN_MS = 10_000;

/** Times in a row that the peer may know nothing of our rekey. */
const LOST_MAX = 3;
