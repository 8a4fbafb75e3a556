// A half-open IKE SA before its second message: what strangers can make us keep, a thousand times
// over. So it is little: both messages in one buffer, and our private value. The IKE SA is made of
// them when a message comes that may be under its keys.

import { IKE_SPI_LEN } from "../wire/constants.ts";
import type { ReceivedHeader } from "../wire/header.ts";
import { parseMessage } from "../wire/message.ts";
import type { RawPayload } from "../wire/payloads/payload.ts";
import { readContent } from "../wire/rules.ts";
import { hashesOf } from "./certificate_payloads.ts";
import { addSa, type Context, spiKey } from "./context.ts";
import { refuseSa } from "./end.ts";
import type { Embryo } from "./half_open.ts";
import { createIkeSa, type IkeSa } from "./ike_sa.ts";
import { createOwnRequests, createPeerRequests } from "./windows.ts";

/** Keeps a half-open IKE SA until its second message comes, or too much time has passed. */
export function keepEmbryo(
  context: Context,
  { request, answer, ...parts }: Omit<Embryo, "octets" | "requestLen"> & {
    readonly request: Uint8Array;
    readonly answer: Uint8Array;
  },
): void {
  const octets = new Uint8Array(request.length + answer.length);
  octets.set(request);
  octets.set(answer, request.length);
  const embryo = { ...parts, octets, requestLen: request.length };
  context.halfOpen.begin(embryo.digest, embryo.path ?? 0);
  context.begun.set(embryo.digest, embryo);
  context.embryos.set(keyOf(embryo), embryo);
}

/** The answer that a repeated first request gets; undefined if it is not known any more. */
export function firstAnswer(begun: Embryo | IkeSa): Uint8Array | undefined {
  return "octets" in begun ? begun.octets.subarray(begun.requestLen) : begun.init?.answer;
}

/** Makes an IKE SA of the message that can be its second one; undefined for any other message. */
export function hatch(context: Context, header: ReceivedHeader): IkeSa | undefined {
  const key = spiKey(header.spiR);
  const embryo = context.embryos.get(key);
  if (embryo === undefined || header.messageId !== 1) return undefined;
  const { octets, requestLen, suite, digest } = embryo;
  const spiI = octets.slice(0, IKE_SPI_LEN);
  if (spiKey(spiI) !== spiKey(header.spiI)) return undefined;
  const [request, answer] = [octets.subarray(0, requestLen), octets.subarray(requestLen)];
  const asked = readContent("ikeSaInitRequest", payloadsOf(request));
  const answered = readContent("ikeSaInitResponse", payloadsOf(answer));
  if ("fault" in asked || "fault" in answered) throw new Error("Cannot read a kept IKE_SA_INIT");
  const made = createIkeSa({
    id: context.nextId++,
    isInitiator: false,
    spiI,
    spiR: answer.slice(IKE_SPI_LEN, 2 * IKE_SPI_LEN),
    own: createOwnRequests(0),
    theirs: createPeerRequests(1),
    begunAt: embryo.begunAt,
    state: "half_open",
    suite,
    init: {
      nonceI: asked.value.nonce.data.slice(),
      nonceR: answered.value.nonce.data.slice(),
      request,
      answer,
      peerValue: asked.value.ke.data.slice(),
    },
    peer: null,
    path: embryo.path,
    pair: { publicValue: answered.value.ke.data, agree: embryo.agree },
    start: null,
    tools: context.tools,
  });
  made.hasIntermediate = embryo.hasIntermediate;
  made.hasPpk = embryo.hasPpk;
  made.hasFragments = embryo.hasFragments;
  made.pendingKe = suite.ke1 ?? null;
  made.peerHashes = context.credentials === null ? null : hashesOf(asked.value.notifies);
  made.digest = digest;
  context.embryos.delete(key);
  context.begun.set(digest, made);
  addSa(context, made);
  return made;
}

/** What was read once can be read again. */
function payloadsOf(octets: Uint8Array): readonly RawPayload[] {
  const parsed = parseMessage(octets);
  return "value" in parsed ? parsed.value.payloads : [];
}

/** Ends those that have waited since a time. They are in the order of their beginning. */
export function endEmbryos(context: Context, since: number): void {
  for (const embryo of context.embryos.values()) {
    if (embryo.begunAt > since) return;
    endEmbryo(context, embryo, { reason: "timeout", detail: "half_open" });
  }
}

function endEmbryo(context: Context, embryo: Embryo, refusal: Refusal): void {
  context.embryos.delete(keyOf(embryo));
  context.begun.delete(embryo.digest);
  context.halfOpen.end(embryo.digest);
  context.actions.push({ kind: "refused", path: embryo.path ?? 0, ...refusal });
}

/** Our SPI, in hex. */
function keyOf({ octets, requestLen }: Embryo): string {
  const at = requestLen + IKE_SPI_LEN;
  return spiKey(octets.subarray(at, at + IKE_SPI_LEN));
}

/**
 * Makes room for a half-open IKE SA that begins by a connection: one connection has few of them,
 * and where all are too many, the one gives way that has waited longest for its second message. An
 * honest client sends it at once, so a flood of first requests keeps nobody out.
 *
 * @returns False if there is no room
 */
export function makeRoom(context: Context, path: number): boolean {
  const { begun, embryos, halfOpen, settings: { halfOpenMax } } = context;
  const own = begun.get(halfOpen.oldestOf(path) ?? "");
  if (own !== undefined) giveUp(context, own, "another began on its connection");
  if (halfOpen.size() < halfOpenMax) return true;
  const [oldest] = embryos.values();
  const detail = `${halfOpenMax} wait for their second message`;
  if (oldest !== undefined) giveUp(context, oldest, detail);
  else context.actions.push({ kind: "refused", path, reason: "half_open", detail });
  return oldest !== undefined;
}

function giveUp(context: Context, one: Embryo | IkeSa, detail: string): void {
  const refusal: Refusal = { reason: "half_open", detail };
  if ("octets" in one) endEmbryo(context, one, refusal);
  else refuseSa(context, one, refusal);
}

type Refusal = Parameters<typeof refuseSa>[2];
