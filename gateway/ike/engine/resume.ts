// IKE_SESSION_RESUME, the responder's side (RFC 5723 §4.3). A ticket that is refused for whatever
// reason gets TICKET_NACK, and the client begins anew.

import type { KeyPair } from "../keys/key_exchange.ts";
import { isSameAuth } from "../keys/auth.ts";
import { PRFS } from "../keys/prf.ts";
import type { IkeSuite } from "../suites/suite.ts";
import { type OpenedTicket, openTicket } from "../tickets/ticket.ts";
import { EXCHANGE } from "../wire/constants.ts";
import type { Parsed } from "../wire/fault.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { isGoodId, makeId, parseId } from "../wire/payloads/id.ts";
import type { IdPayload } from "../wire/payloads/id.ts";
import { findNotify, makeNotify } from "../wire/payloads/notify.ts";
import { type ContentOf, readContent } from "../wire/rules.ts";
import { addSa, type Context, emitFor } from "./context.ts";
import { endSa } from "./end.ts";
import { firstAnswer, makeRoom } from "./embryo.ts";
import {
  FRAGMENTS_SUPPORTED,
  hasFragments,
  hasIntermediate,
  intermediateSupported,
} from "./extensions.ts";
import { createIkeSa, type IkeSa, type Resumption } from "./ike_sa.ts";
import type { InitRequest } from "./init.ts";
import { natHash } from "./nat_detection.ts";
import { isSpent, keysOfResumed, policyDigest, spendTicket, suiteOfTicket } from "./resumption.ts";
import type { PeerPolicy } from "./settings.ts";
import { createOwnRequests, createPeerRequests, digestOf } from "./windows.ts";

/** Answers a request. The same request gets the same answer, and makes one IKE SA. */
export function answerResume(context: Context, request: InitRequest): void {
  const digest = digestOf(request.octets);
  const before = context.begun.get(digest);
  if (before !== undefined) {
    const answer = firstAnswer(before);
    if (answer !== undefined) send(context, request, answer.slice());
    return;
  }
  const content = readContent("sessionResumeRequest", request.payloads);
  const known = acceptTicket(context, content, request.path.id);
  if ("fault" in content || known === undefined) return refuse(context, request);
  const sa = halfOpen(context, request, { content: content.value, known });
  known.ticket.state.d.fill(0);
  context.halfOpen.begin(digest, request.path.id);
  context.begun.set(digest, sa);
  sa.digest = digest;
  addSa(context, sa);
  if (sa.init !== null) send(context, request, sa.init.answer);
}

type Content = ContentOf<"sessionResumeRequest">;

/** A ticket that is good, with what has to be known to go on. */
interface Known {
  readonly ticket: OpenedTicket;
  readonly suite: IkeSuite;
}

/** Opens the ticket of a request, if it is one that may come now. */
function acceptTicket(
  context: Context,
  content: Parsed<Content>,
  path: number,
): Known | undefined {
  const { tickets } = context.settings;
  if ("fault" in content || tickets === undefined) return undefined;
  const data = findNotify(content.value.notifies, NOTIFY.TICKET_OPAQUE)?.data;
  const ticket = data && openTicket(data, tickets.keys);
  if (ticket === undefined) return undefined;
  const { state, name } = ticket;
  const suite = suiteOfTicket(context, state.suite);
  const isGood = state.expiresAt > context.wallMs() && !isSpent(context, name) &&
    policyOf(context, state) !== undefined;
  if (isGood && suite !== undefined && makeRoom(context, path)) return { ticket, suite };
  state.d.fill(0);
  return undefined;
}

/** The policy of a ticket's client, if it is still the same, and this side still has its name. */
function policyOf(
  { settings, peerOf }: Context,
  { client, server, policy }: Pick<OpenedTicket["state"], "client" | "server" | "policy">,
): PeerPolicy | undefined {
  const id = parseId("idi", client);
  const ours = makeId("idr", settings.localId);
  if ("fault" in id || !isGoodId(id.value) || !isSame(ours.body, server)) return undefined;
  const peer = peerOf(id.value);
  return peer !== undefined && isSame(policyDigest(settings, peer), policy) ? peer : undefined;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return isSameAuth(a, b);
}

function halfOpen(
  context: Context,
  { header, octets, path }: InitRequest,
  { content, known: { ticket, suite } }: { readonly content: Content; readonly known: Known },
): IkeSa {
  const { tools, now } = context;
  const spis = { spiI: header.spiI.slice(), spiR: tools.random(SPI_LEN) };
  const nonces = { nonceI: content.nonce.data.slice(), nonceR: tools.random(PRFS[suite.prf].len) };
  const isIntermediate = hasIntermediate(context, content.notifies);
  const answer = emitFor(context, { ...HEAD, ...spis, isInitiator: false }, [
    { kind: "nonce", data: nonces.nonceR },
    ...(isIntermediate ? intermediateSupported(context) : []),
    ...(hasFragments(content.notifies) ? [FRAGMENTS_SUPPORTED] : []),
    makeNotify(NOTIFY.NAT_DETECTION_SOURCE_IP, natHash(spis, path.local)),
    makeNotify(NOTIFY.NAT_DETECTION_DESTINATION_IP, natHash(spis, path.remote)),
  ]);
  const { d, client, server, policy, provenUntil } = ticket.state;
  const made = createIkeSa({
    id: context.nextId++,
    isInitiator: false,
    ...spis,
    own: createOwnRequests(0),
    theirs: createPeerRequests(1),
    begunAt: now,
    state: "half_open",
    suite,
    init: { ...nonces, request: octets.slice(), answer, peerValue: new Uint8Array(0) },
    peer: null,
    path: path.id,
    pair: NO_PAIR,
    start: null,
    keys: keysOfResumed({ suite, d }, { ...spis, ...nonces }),
    tools,
  });
  made.hasIntermediate = isIntermediate;
  made.hasFragments = hasFragments(content.notifies);
  made.proven = { certificates: [], until: provenUntil };
  made.resumption = { client, server, policy, ticket: ticket.name };
  return made;
}

/** The policy of a client that resumes, if it has the identity of its ticket; undefined if not. */
export function resumedPeer(
  context: Context,
  resumption: Resumption,
  { body }: IdPayload,
): PeerPolicy | undefined {
  const isGood = isSame(body, resumption.client) && !isSpent(context, resumption.ticket);
  return isGood ? policyOf(context, resumption) : undefined;
}

/** Ends the IKE SA that a ticket was given for, without a word (§4.3.4). */
export function endResumed(context: Context, { ticket }: { readonly ticket: string }): void {
  for (const other of context.sas.values()) {
    if (other.ticket === ticket) endSa(context, other, "replaced");
  }
  spendTicket(context, ticket);
}

function refuse(context: Context, request: InitRequest): void {
  const spis = { spiI: request.header.spiI, spiR: new Uint8Array(SPI_LEN), isInitiator: false };
  send(context, request, emitFor(context, { ...HEAD, ...spis }, [makeNotify(NOTIFY.TICKET_NACK)]));
}

function send(context: Context, { path }: InitRequest, octets: Uint8Array): void {
  context.actions.push({ kind: "send", path: path.id, octets });
}

const HEAD = { exchange: EXCHANGE.IKE_SESSION_RESUME, messageId: 0, isResponse: true } as const;

const SPI_LEN = 8;

/** A resumed IKE SA has no key exchange before its first rekey. */
export const NO_PAIR: KeyPair = { publicValue: new Uint8Array(0), agree: () => undefined };
