// Session resumption, the initiator's side (RFC 5723 §4.3). If the responder refuses the ticket,
// the attempt goes on with IKE_SA_INIT.

import { EXCHANGE } from "../wire/constants.ts";
import { isZeroSpi } from "../wire/header.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { makeId } from "../wire/payloads/id.ts";
import { makeNotify } from "../wire/payloads/notify.ts";
import type { Payload } from "../wire/payloads/payload.ts";
import { readAnswer } from "../wire/rules.ts";
import type { Path } from "./actions.ts";
import { askAuth } from "./ask_auth.ts";
import { type Context, dropSa, emitFor } from "./context.ts";
import { endSa, refuseSa } from "./end.ts";
import {
  FRAGMENTS_SUPPORTED,
  hasFragments,
  hasIntermediate,
  intermediateSupported,
} from "./extensions.ts";
import type { IkeSa, Start, Target } from "./ike_sa.ts";
import { addOwn, cookieOf, type InitAnswer, initiate } from "./initiate.ts";
import { natHash } from "./nat_detection.ts";
import { keysOfResumed, suiteOfTicket } from "./resumption.ts";
import { NONCE_LEN } from "./rekey.ts";
import { NO_PAIR } from "./resume.ts";
import type { ResumptionTicket } from "./settings.ts";

/** Begins an IKE SA: with the target's ticket if it has one of use, else without. */
export function begin(context: Context, target: Target, path: Path): void {
  const { ticket } = target;
  const suite = ticket && suiteOfTicket(context, ticket.suite);
  const ours = makeId("idi", context.settings.localId).body;
  const isOurs = ticket !== undefined && Buffer.compare(ours, ticket.client) === 0;
  if (suite === undefined || !isOurs) return void initiate(context, target, path);
  const nonce = context.tools.random(NONCE_LEN);
  const start = { target, nonce, offered: [], cookie: null, tried: [], request: NONE };
  const sa = addOwn(context, { start, path, suite, pair: NO_PAIR });
  sa.own.begin({ kind: "resume" });
  sendResume(context, sa, { start, ticket, path });
}

function sendResume(
  context: Context,
  sa: IkeSa,
  { start, ticket, path }: {
    readonly start: Start;
    readonly ticket: ResumptionTicket;
    readonly path: Path;
  },
): void {
  const spis = { spiI: sa.spiI, spiR: sa.spiR };
  const head = { exchange: EXCHANGE.IKE_SESSION_RESUME, messageId: 0, isResponse: false };
  const cookie: Payload[] = start.cookie === null ? [] : [makeNotify(NOTIFY.COOKIE, start.cookie)];
  const request = emitFor(context, { ...head, ...spis, isInitiator: true }, [
    ...cookie,
    { kind: "nonce", data: start.nonce },
    makeNotify(NOTIFY.TICKET_OPAQUE, ticket.octets),
    ...intermediateSupported(context),
    FRAGMENTS_SUPPORTED,
    makeNotify(NOTIFY.NAT_DETECTION_SOURCE_IP, natHash(spis, path.local)),
    makeNotify(NOTIFY.NAT_DETECTION_DESTINATION_IP, natHash(spis, path.remote)),
  ]);
  sa.start = { ...start, request };
  sa.own.sent(request);
  sa.askedAt = context.now;
  context.actions.push({ kind: "send", path: path.id, octets: request });
}

/** Goes on with the answer. Nothing of it is authentic. */
export function takeResumeAnswer(context: Context, sa: IkeSa, answer: InitAnswer): void {
  const { start } = sa;
  const ticket = start?.target.ticket;
  const isAwaited = sa.own.outstanding()?.what.kind === "resume";
  if (sa.state !== "init_sent" || start === null || ticket === undefined || !isAwaited) return;
  const parsed = readAnswer("sessionResumeResponse", answer.payloads);
  if ("fault" in parsed) {
    return refuseSa(context, sa, { reason: "malformed", detail: parsed.fault.reason });
  }
  const { path } = answer;
  if (parsed.value.kind === "refused") {
    const cookie = cookieOf(parsed.value.notifies);
    if (cookie === undefined || start.cookie !== null) return beginAnew(context, sa, path);
    const again = { ...start, cookie };
    return sendResume(context, sa, { start: again, ticket, path });
  }
  if (isZeroSpi(answer.header.spiR)) return beginAnew(context, sa, path);
  const { nonce, notifies } = parsed.value.content;
  sa.spiR = answer.header.spiR.slice();
  sa.init = {
    nonceI: start.nonce,
    nonceR: nonce.data.slice(),
    request: start.request,
    answer: answer.octets.slice(),
    peerValue: NONE,
  };
  const seed = { nonceI: start.nonce, nonceR: sa.init.nonceR, spiI: sa.spiI, spiR: sa.spiR };
  sa.replaceKeys(keysOfResumed({ suite: sa.suite, d: ticket.d }, seed));
  sa.hasIntermediate = hasIntermediate(context, notifies);
  sa.hasFragments = hasFragments(notifies);
  sa.resumption = { client: ticket.client, server: ticket.server, policy: NONE, ticket: "" };
  sa.own.end();
  sa.state = "auth_sent";
  sa.path = path.id;
  askAuth(context, sa);
}

/** Begins without the ticket: it is of no use. */
function beginAnew(context: Context, sa: IkeSa, path: Path): void {
  const target = sa.start?.target;
  endSa(context, sa, "replaced");
  dropSa(context, sa);
  if (target === undefined) return;
  const { peer, addresses } = target;
  initiate(context, { peer, addresses }, path);
}

const NONE = new Uint8Array(0);
