// IKEv2 without input and output: messages and time go in, actions come out. No call waits, so all
// that an IKE SA is told happens in one order.

import { EXCHANGE, FLAG } from "../wire/constants.ts";
import { isInitial, isResponse, isZeroSpi, type ReceivedHeader } from "../wire/header.ts";
import { FAULTS } from "../wire/fault.ts";
import { LIMIT } from "../wire/limits.ts";
import { type Message, parseBody, parseInner } from "../wire/message.ts";
import { parseHeader } from "../wire/header.ts";
import { NOTIFY } from "../wire/notify_types.ts";
import { findNotify, makeNotify } from "../wire/payloads/notify.ts";
import { readContent } from "../wire/rules.ts";
import { judge } from "../wire/verdict.ts";
import type { IkeAction, Path } from "./actions.ts";
import { answerOpened } from "./answer.ts";
import { advance } from "./advance.ts";
import { ask, askDelete } from "./ask.ts";
import { forgetFragments, openOrCollect, type SealedInput, type Whole } from "./collect.ts";
import { begin, takeResumeAnswer } from "./ask_resume.ts";
import { startSending, stopSending } from "./children.ts";
import { type Context, createContext, dropSa, emitFor, spiKey } from "./context.ts";
import { endEmbryos, hatch } from "./embryo.ts";
import { endSa, refuseSa } from "./end.ts";
import type { Asked, IkeSa, Target } from "./ike_sa.ts";
import { answerInit } from "./init.ts";
import { takeInitAnswer } from "./initiate.ts";
import { askUpdate } from "./mobike.ts";
import { replaceSettings } from "./reload.ts";
import { answerResume } from "./resume.ts";
import type { IkeSettings, IkeTools } from "./settings.ts";
import { takeAnswer } from "./take_answer.ts";

/** IKE of a process. Every call returns what is to be done, in its order. */
export interface IkeEngine {
  /**
   * Takes a message that came by a path.
   *
   * @param octets From the header on. The engine overwrites them
   * @param now Monotonic ms, never less than before
   */
  receive(now: number, octets: Uint8Array, path: Path): IkeAction[];
  /** Begins an IKE SA as its initiator. */
  initiate(now: number, target: Target, path: Path): IkeAction[];
  /** Deletes an IKE SA. */
  end(now: number, ike: number): IkeAction[];
  /** Replaces the keys of an IKE SA, or of its Child SAs, as soon as nothing else is under way. */
  rekey(now: number, ike: number, what: "ike" | "children"): IkeAction[];
  /** A direction of a Child SA could not be installed: the Child SA is deleted. */
  installRefused(now: number, ike: number, child: number): IkeAction[];
  /** The first packet has come on an inbound Child SA. */
  used(now: number, spi: number): IkeAction[];
  /** A new connection to the peer of an IKE SA is there (RFC 9329 §6.1). */
  pathOpened(now: number, ike: number, path: Path): IkeAction[];
  /** A connection is gone. Its IKE SAs live on without a path (RFC 9329 §6.1). */
  pathClosed(now: number, path: number): IkeAction[];
  /**
   * Goes on with other settings. Peers are compared by name: one that is as before keeps its IKE
   * SAs, and those of one that is gone or changed are deleted. Nothing refers to the former
   * settings afterwards.
   */
  reload(now: number, settings: IkeSettings): IkeAction[];
  /** Does what is due. Call it every second. */
  tick(now: number): IkeAction[];
  /** Numbers of IKE SAs that are up. */
  established(): number[];
  /** How many IKE SAs strangers have begun that are not up. */
  halfOpen(): number;
}

/** Makes an engine without IKE SAs. */
export function createEngine(settings: IkeSettings, tools: IkeTools): IkeEngine {
  const context = createContext(settings, tools);

  function run(now: number, what: () => void): IkeAction[] {
    context.now = now;
    what();
    const { actions } = context;
    context.actions = [];
    return actions;
  }

  function of(ike: number): IkeSa[] {
    return [...context.byId.get(ike) ?? []];
  }

  function all(): IkeSa[] {
    return [...context.sas.values()];
  }

  return {
    receive: (now, octets, path) => run(now, () => receive(context, octets, path)),
    initiate: (now, target, path) => run(now, () => begin(context, target, path)),
    end: (now, ike) => run(now, () => of(ike).forEach((sa) => endNow(context, sa))),
    rekey: (now, ike, what) => run(now, () => of(ike).forEach((sa) => rekeyNow(context, sa, what))),
    installRefused: (now, ike, child) =>
      run(now, () => of(ike).forEach((sa) => deleteChild(context, sa, child))),
    used: (now, spi) =>
      run(now, () => {
        for (const sa of context.sas.values()) {
          const child = sa.children.get(spi);
          if (child !== undefined) startSending(context, child);
        }
      }),
    pathOpened: (now, ike, path) => run(now, () => openPath(context, of(ike), path.id)),
    pathClosed: (now, path) =>
      run(now, () => {
        for (const table of [context.sas, context.embryos]) {
          for (const one of table.values()) if (one.path === path) one.path = null;
        }
      }),
    reload: (now, next) =>
      run(now, () => replaceSettings(context, next).forEach((sa) => endNow(context, sa))),
    tick: (now) =>
      run(now, () => {
        endEmbryos(context, now - HALF_OPEN_MS);
        all().forEach((sa) => tick(context, sa));
      }),
    established: () => all().filter(({ state }) => state === "established").map(({ id }) => id),
    halfOpen: () => context.halfOpen.size(),
  };
}

function receive(context: Context, octets: Uint8Array, path: Path): void {
  const head = parseHeader(octets);
  if ("fault" in head) {
    const { notify, isScored } = judge(head.fault, head.header, "clear");
    if (isScored) context.actions.push({ kind: "score", path: path.id });
    if (notify !== null && head.header !== null) {
      answerClear(context, { header: head.header, path }, notify.type);
    }
    return;
  }
  const header = head.value;
  const sa = findSa(context, header);
  if (isInitial(header.exchange)) return receiveInitial(context, { header, octets, path, sa });
  if (sa === undefined) return receiveUnknown(context, { header, path });
  receiveSealed(context, sa, { header, octets, path });
}

interface Received {
  readonly header: ReceivedHeader;
  readonly octets: Uint8Array;
  readonly path: Path;
}

/** Found by our SPI, which is the initiator's if the sender is the responder (RFC 7296 §2.6). */
function findSa(context: Context, header: ReceivedHeader): IkeSa | undefined {
  const isFromInitiator = (header.flags & FLAG.INITIATOR) !== 0;
  const sa = context.sas.get(spiKey(isFromInitiator ? header.spiR : header.spiI));
  const isLater = isFromInitiator && !isResponse(header) && !isInitial(header.exchange);
  if (sa === undefined && isLater) return hatch(context, header);
  if (sa === undefined || sa.isInitiator === isFromInitiator) return undefined;
  const other = isFromInitiator ? sa.spiI : sa.spiR;
  const theirs = isFromInitiator ? header.spiI : header.spiR;
  return isZeroSpi(other) || spiKey(other) === spiKey(theirs) ? sa : undefined;
}

function receiveInitial(
  context: Context,
  { header, octets, path, sa }: Received & { readonly sa: IkeSa | undefined },
): void {
  const parsed = parseBody(octets, { header, lenMax: LIMIT.STRANGER_MESSAGE_LEN });
  if ("fault" in parsed) {
    const { notify, isScored } = judge(parsed.fault, header, "clear");
    if (isScored) context.actions.push({ kind: "score", path: path.id });
    if (notify !== null) answerClear(context, { header, path }, notify.type);
    return;
  }
  const { payloads } = parsed.value;
  const message = { header, octets, payloads, path };
  const isResume = header.exchange !== EXCHANGE.IKE_SA_INIT;
  if (!isResponse(header)) return (isResume ? answerResume : answerInit)(context, message);
  if (sa !== undefined) (isResume ? takeResumeAnswer : takeInitAnswer)(context, sa, message);
}

/** RFC 7296 §2.21.4: a request of an IKE SA that is unknown here is told so, a response is not. */
function receiveUnknown(
  context: Context,
  { header, path }: Pick<Received, "header" | "path">,
): void {
  if (isResponse(header)) context.actions.push({ kind: "score", path: path.id });
  else answerClear(context, { header, path }, NOTIFY.INVALID_IKE_SPI);
}

/** Answers a request with one notify and without SK. */
function answerClear(
  context: Context,
  { header, path }: Pick<Received, "header" | "path">,
  type: number,
): void {
  if (isResponse(header)) return;
  const { spiI, spiR, exchange, messageId } = header;
  const isInitiator = (header.flags & FLAG.INITIATOR) === 0;
  const head = { spiI, spiR, exchange, messageId, isResponse: true, isInitiator };
  const octets = emitFor(context, head, [makeNotify(type)]);
  context.actions.push({ kind: "send", path: path.id, octets });
}

/** A message under the keys of an IKE SA: first the window, then the ICV, then what it says. */
function receiveSealed(context: Context, sa: IkeSa, { header, octets, path }: Received): void {
  const arrival = isResponse(header)
    ? { kind: isAwaited(sa, header) ? "new" : "stale", digest: "" } as const
    : sa.theirs.judge(header.messageId, octets);
  if (arrival.kind === "again") {
    context.actions.push({ kind: "send", path: path.id, octets: arrival.answer });
    return;
  }
  if (arrival.kind === "stale" || sa.state === "dead" || sa.state === "init_sent") return;
  const isKnown = sa.state !== "half_open" && sa.state !== "auth_sent";
  const lenMax = isKnown ? LIMIT.MESSAGE_LEN : LIMIT.STRANGER_MESSAGE_LEN;
  const parsed = parseBody(octets, { header, lenMax });
  if ("fault" in parsed || parsed.value.sealed === null) {
    // RFC 7296 §2.21.4: the peer may have forgotten us. Anybody can say so, so an answer that is
    // authentic counts for more, if there is one.
    const isForgotten = !("fault" in parsed) && isResponse(header) && tellsUnknown(parsed.value);
    if (isForgotten) sa.doubtedAt = Math.min(sa.doubtedAt, context.now);
    else context.actions.push({ kind: "score", path: path.id });
    return;
  }
  const { sealed } = parsed.value;
  const isAnswer = isResponse(header);
  const whole = openWith(context, sa, {
    ...{ message: parsed.value, sealed, digest: arrival.digest, isAnswer },
    path,
  });
  if (whole === undefined) return;
  const { opened, digest } = whole;
  // One that was replaced has its time, whatever still comes by it.
  if (sa.state !== "rekeyed" && sa.state !== "waiting") sa.heardAt = context.now;
  sa.doubtedAt = Infinity;
  const payloads = parseInner(opened);
  if (isResponse(header)) {
    takeAnswer(context, sa, { header, payloads, opened });
    if (sa.path === null) move(context, sa, path.id);
  } else {
    answerOpened(context, sa, { header, payloads, opened, digest, path });
    move(context, sa, path.id);
  }
  advance(context, sa);
}

/** Whether an answer without SK says that our SPI is unknown. */
function tellsUnknown({ payloads }: Message): boolean {
  const parsed = readContent("refusal", payloads);
  return "value" in parsed &&
    findNotify(parsed.value.notifies, NOTIFY.INVALID_IKE_SPI) !== undefined;
}

/** Whether a response answers the request that waits. */
function isAwaited(sa: IkeSa, { messageId, exchange }: ReceivedHeader): boolean {
  const waiting = sa.own.outstanding();
  if (waiting === undefined || waiting.messageId !== messageId) return false;
  return exchange === EXCHANGES[waiting.what.kind];
}

/** The exchange of each of our requests. */
const EXCHANGES: Readonly<Record<Asked["kind"], number>> = {
  init: EXCHANGE.IKE_SA_INIT,
  resume: EXCHANGE.IKE_SESSION_RESUME,
  ticket: EXCHANGE.INFORMATIONAL,
  update: EXCHANGE.INFORMATIONAL,
  auth: EXCHANGE.IKE_AUTH,
  liveness: EXCHANGE.INFORMATIONAL,
  deleteIke: EXCHANGE.INFORMATIONAL,
  deleteChild: EXCHANGE.INFORMATIONAL,
  rekeyChild: EXCHANGE.CREATE_CHILD_SA,
  rekeyIke: EXCHANGE.CREATE_CHILD_SA,
  intermediate: EXCHANGE.IKE_INTERMEDIATE,
  followup: EXCHANGE.IKE_FOLLOWUP_KE,
};

/** Opens a message; what has a wrong ICV is dropped, and changes no timer. */
function openWith(
  context: Context,
  sa: IkeSa,
  { path, ...input }: SealedInput & { readonly path: Path },
): Whole | undefined {
  if (!sa.deriveKeys()) {
    refuseSa(context, sa, { reason: "key_exchange", detail: `value of ${sa.suite.ke}` });
    return undefined;
  }
  const opened = openOrCollect(context, sa, input);
  if ("value" in opened) return opened.value ?? undefined;
  if (!FAULTS[opened.fault.reason].isScored) return undefined;
  context.actions.push({ kind: "score", path: path.id });
  sa.wrongCount++;
  const isStranger = sa.state === "half_open" && sa.wrongCount >= WRONG_MAX;
  if (isStranger) refuseSa(context, sa, { reason: "malformed", detail: opened.fault.reason });
  return undefined;
}

/** Asks the peer to forget a Child SA, as soon as nothing else is under way. */
function deleteChild(context: Context, sa: IkeSa, spiIn: number): void {
  const child = sa.children.get(spiIn);
  if (child === undefined || child.state === "lingering") return;
  stopSending(context, sa, child);
  child.state = "deleting";
  advance(context, sa);
}

function rekeyNow(context: Context, sa: IkeSa, what: "ike" | "children"): void {
  if (sa.state !== "established") return;
  if (what === "ike") sa.rekeyAt = context.now;
  else for (const child of sa.children.values()) child.rekeyAt = context.now;
  advance(context, sa);
}

/**
 * Goes on by another connection: with the request that waits, else with an empty one.
 *
 * After a rekey that the peer began, the old IKE SA speaks. The answer to the rekey may be lost,
 * and then the peer does not know the new one.
 */
function openPath(context: Context, ike: readonly IkeSa[], path: number): void {
  const sa = ike.find(({ state }) => state === "rekeyed") ??
    ike.find(({ state }) => state === "established" || state === "deleting");
  if (sa === undefined) return;
  for (const one of ike) one.isUpdateDue = one.isMobile;
  move(context, sa, path);
  if (sa.own.outstanding() !== undefined) return;
  if (sa.state === "established" && sa.isUpdateDue) return askUpdate(context, sa);
  const what = { kind: "liveness" } as const;
  ask(context, sa, { what, exchange: EXCHANGE.INFORMATIONAL, payloads: [] });
}

/**
 * Moves an IKE SA, and those that it replaces or that replace it, to another connection. The same
 * octets go there at once: the old one may have lost them (rule T73).
 */
function move(context: Context, { id, path: before }: IkeSa, path: number): void {
  if (before === path) return;
  for (const sa of context.byId.get(id) ?? []) {
    if (sa.state === "dead") continue;
    sa.path = path;
    const octets = sa.own.outstanding()?.octets;
    if (octets !== undefined) context.actions.push({ kind: "send", path, octets });
  }
  context.actions.push({ kind: "moved", ike: id, path });
}

/** Asks the peer to forget an IKE SA; one that is not up is forgotten at once. */
function endNow(context: Context, sa: IkeSa): void {
  if (sa.state === "established") askDelete(context, sa);
  else if (sa.state === "half_open" || sa.state === "init_sent" || sa.state === "auth_sent") {
    endSa(context, sa, "deleted_here");
  }
}

/** Does what is due for one IKE SA. */
function tick(context: Context, sa: IkeSa): void {
  const { now } = context;
  const since = { begun: now - sa.begunAt, heard: now - sa.heardAt, asked: now - sa.askedAt };
  const isWaiting = sa.own.outstanding() !== undefined;
  switch (sa.state) {
    case "dead":
      if (since.heard >= TOMB_MS) dropSa(context, sa);
      return;
    case "init_sent":
    case "half_open":
    case "auth_sent":
      if (since.begun < HALF_OPEN_MS) return;
      return refuseSa(context, sa, { reason: "timeout", detail: sa.state });
    case "waiting":
    case "rekeyed":
      if (since.heard >= HALF_OPEN_MS) endSa(context, sa, "replaced");
      return;
    case "established":
    case "deleting":
      forgetFragments(context, sa);
      if (isWaiting && now - sa.doubtedAt >= DOUBT_MS) return endSa(context, sa, "peer_gone");
      if (isWaiting && since.asked >= ANSWER_MS) return endSa(context, sa, "no_answer");
      if (sa.path === null && since.heard >= GONE_MS) return endSa(context, sa, "peer_gone");
      return advance(context, sa);
  }
}

/** Messages with a wrong ICV after which a half-open IKE SA ends. */
const WRONG_MAX = 3;

/** How long an IKE SA may take to come up, ms. */
const HALF_OPEN_MS = 30_000;

/** How long a request may wait for its answer, ms. In TCP nothing is repeated (RFC 9329 §6.2). */
const ANSWER_MS = 60_000;

/** How long an answer may take once somebody has said that the peer does not know us, ms. */
const DOUBT_MS = 3000;

/** How long an IKE SA lives without a connection, ms. */
const GONE_MS = 300_000;

/** How long a dead IKE SA answers the repeat of the last request, ms. */
const TOMB_MS = 120_000;
