// An initiator that a test steers message by message, against an engine that answers. It makes its
// keys and its AUTH from the formulas of the RFCs, so what the engine's own initiator would never
// send can be sent, and what both of its sides had wrong alike is found.

import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import type { IkeAction } from "../../../gateway/ike/engine/actions.ts";
import type { IkeEngine } from "../../../gateway/ike/engine/engine.ts";
import { KEY_EXCHANGES } from "../../../gateway/ike/keys/key_exchanges.ts";
import type { KeyExchangeId, KeyPair } from "../../../gateway/ike/keys/key_exchange.ts";
import {
  AUTH_METHOD,
  EXCHANGE,
  FLAG,
  PAYLOAD,
  PROTOCOL,
  TRANSFORM,
} from "../../../gateway/ike/wire/constants.ts";
import { NOTIFY } from "../../../gateway/ike/wire/notify_types.ts";
import { makeNotify } from "../../../gateway/ike/wire/payloads/notify.ts";
import { parseInner, parseMessage } from "../../../gateway/ike/wire/message.ts";
import { makeId } from "../../../gateway/ike/wire/payloads/id.ts";
import {
  parsePayload,
  type Payload,
  type RawPayload,
} from "../../../gateway/ike/wire/payloads/payload.ts";
import type { Proposal } from "../../../gateway/ike/wire/payloads/sa.ts";
import { openMessage, sealMessage } from "../../../gateway/ike/wire/sealed.ts";
import { selectorsOf } from "../../../gateway/ike/engine/children.ts";
import { prefix } from "../parsed.ts";
import { ivOf, testAead } from "./aead.ts";
import { ESP_PROPOSAL, transform } from "./arbitraries.ts";
import {
  chainOctets,
  join,
  messageOctets,
  messageOf,
  rawPayloads,
  valueOf,
  writer,
} from "./messages.ts";
import { identity, pathOf, SECRET } from "./pair.ts";

/** Keys of PRF_HMAC_SHA2_256 and AES-GCM-16 with 256 bits, by the names of RFC 7296 §2.14. */
export interface RogueKeys {
  readonly d: Uint8Array;
  readonly ei: Uint8Array;
  readonly er: Uint8Array;
  readonly pi: Uint8Array;
  readonly pr: Uint8Array;
}

/** What an engine did with a message. */
export interface Reply {
  readonly actions: readonly IkeAction[];
  /** Payloads of its answer, out of SK; empty if there was none. */
  readonly payloads: readonly Payload[];
  readonly octets: Uint8Array | undefined;
}

export interface Rogue {
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
  readonly nonceI: Uint8Array;
  readonly nonceR: Uint8Array;
  readonly request: Uint8Array;
  readonly answer: Uint8Array;
  keys: RogueKeys;
  messageId: number;
  /** IntAuth of both sides so far. */
  intAuth: { i: Uint8Array; r: Uint8Array; count: number };
  /** Seals payloads, lets the engine answer, and opens the answer. */
  send(exchange: number, payloads: readonly Payload[]): Reply;
  /** The octets of a request, sealed, without sending it. */
  sealed(exchange: number, payloads: readonly Payload[]): Uint8Array;
  /** The same in fragments. */
  fragments(exchange: number, payloads: readonly Payload[], count: number): Uint8Array[];
  /** IKE_INTERMEDIATE with an additional key exchange; the keys change (RFC 9370 §2.2.2). */
  intermediate(ke: KeyExchangeId, fragmentCount?: number): Reply;
  /** IKE_INTERMEDIATE without a key exchange, as for another extension. */
  emptyIntermediate(): Reply;
  /** Sends a request in fragments, in an order of their numbers; the reply is the last one's. */
  sendInFragments(
    exchange: number,
    payloads: readonly Payload[],
    order: readonly number[],
  ): Reply;
  /** IKE_AUTH by the secret, with a Child SA. */
  authenticate(more?: readonly Payload[]): Reply;
  /** Payloads of IKE_AUTH: AUTH by the secret, or of a resumption. */
  authPayloads(id?: string): Payload[];
}

/** Begins an IKE SA with an engine. */
export function beginRogue(
  engine: IkeEngine,
  { ke1, more = [], now = 0, resume }: {
    readonly ke1?: KeyExchangeId;
    readonly more?: readonly Payload[];
    readonly now?: number;
    /** Resumes an IKE SA by its ticket and its SK_d. */
    readonly resume?: { readonly ticket: Uint8Array; readonly d: Uint8Array };
  } = {},
): Rogue {
  const spiI = octetsOf(8);
  const nonceI = octetsOf(32);
  const pair = KEY_EXCHANGES[31].generate();
  const exchange = resume === undefined ? EXCHANGE.IKE_SA_INIT : EXCHANGE.IKE_SESSION_RESUME;
  const header = { spiI, spiR: new Uint8Array(8), exchange };
  const first: Payload[] = resume === undefined
    ? [
      { kind: "sa", proposals: [proposal(ke1)] },
      { kind: "ke", method: 31, data: pair.publicValue },
    ]
    : [makeNotify(NOTIFY.TICKET_OPAQUE, resume.ticket)];
  const payloads: Payload[] = [...first, { kind: "nonce", data: nonceI }, ...more];
  const request = messageOctets({ ...header, flags: FLAG.INITIATOR, messageId: 0 }, payloads);
  const actions = engine.receive(now, request.slice(), pathOf(1, ON_SERVER));
  const [answered] = actions;
  assert.ok(answered?.kind === "send", JSON.stringify(actions));
  const answer = answered.octets;
  const message = valueOf(parseMessage(answer.slice()));
  const spiR = message.header.spiR.slice();
  const nonceR = only(message.payloads, "nonce").data;
  const seed = [nonceI, nonceR, spiI, spiR];
  const skeyseed = resume === undefined
    ? hmac(join([nonceI, nonceR]), agreed(pair, message.payloads))
    : hmac(resume.d, join([new TextEncoder().encode("Resumption"), nonceI, nonceR]));

  let sent = 0;
  const rogue: Rogue = {
    spiI,
    spiR,
    nonceI,
    nonceR,
    request,
    answer,
    keys: keysOf(skeyseed, seed),
    messageId: 1,
    intAuth: { i: new Uint8Array(0), r: new Uint8Array(0), count: 0 },
    sealed(exchange, payloads): Uint8Array {
      const at = { spiI, spiR, exchange, flags: FLAG.INITIATOR, messageId: rogue.messageId };
      const iv = ivOf(sent++);
      const aead = aeadOf(rogue.keys.ei);
      return sealMessage(writer(), { header: at, payloads, iv }, aead).slice();
    },
    fragments(exchange, payloads, count): Uint8Array[] {
      const at = { spiI, spiR, exchange, flags: FLAG.INITIATOR, messageId: rogue.messageId };
      const raws = rawPayloads(payloads);
      const chain = chainOctets(raws);
      const len = Math.ceil(chain.length / count);
      return Array.from({ length: count }, (_, i) => {
        const text = [...chain.subarray(i * len, (i + 1) * len), 0];
        const head = [0, i + 1, 0, count, ...ivOf(sent++)];
        const body = [...head, ...text, ...new Uint8Array(16)];
        const octets = messageOf(at, [{ type: PAYLOAD.SKF, body }]);
        const bodyAt = octets.length - body.length + 4;
        if (i === 0) octets[bodyAt - 8] = raws[0]?.type ?? 0;
        aeadOf(rogue.keys.ei).seal(octets.subarray(0, bodyAt), octets.subarray(bodyAt));
        return octets;
      });
    },
    send(exchange, payloads): Reply {
      const octets = rogue.sealed(exchange, payloads);
      rogue.messageId++;
      return replyOf(rogue, engine.receive(now, octets, pathOf(1, ON_SERVER)));
    },
    sendInFragments(exchange, payloads, order): Reply {
      const pieces = rogue.fragments(exchange, payloads, order.length);
      rogue.messageId++;
      const replies = order.map((number) => {
        const piece = pieces[number - 1];
        assert.ok(piece !== undefined);
        return replyOf(rogue, engine.receive(now, piece, pathOf(1, ON_SERVER)));
      });
      for (const { actions } of replies.slice(0, -1)) assert.deepEqual(actions, []);
      const last = replies.at(-1);
      assert.ok(last !== undefined);
      return last;
    },
    intermediate: (ke, fragmentCount = 1) => intermediate(rogue, { ke, seed, fragmentCount }),
    emptyIntermediate(): Reply {
      const { messageId } = rogue;
      const reply = rogue.send(EXCHANGE.IKE_INTERMEDIATE, []);
      noteIntermediate(rogue, { asked: null, answer: null, messageId });
      return reply;
    },
    authPayloads: (id = "carol@example.org") =>
      authPayloads(rogue, { id, isResumed: resume !== undefined }),
    authenticate: (extra = []) =>
      rogue.send(EXCHANGE.IKE_AUTH, [...rogue.authPayloads(), ...extra]),
  };
  return rogue;
}

function agreed(pair: KeyPair, payloads: readonly RawPayload[]): Uint8Array {
  const secret = pair.agree(only(payloads, "ke").data);
  assert.ok(secret !== undefined);
  return secret;
}

function proposal(ke1?: KeyExchangeId): Proposal {
  const more = ke1 === undefined ? [] : [transform(TRANSFORM.ADDITIONAL_KE_1, ke1)];
  const transforms = [
    transform(TRANSFORM.ENCR, 20, 256),
    transform(TRANSFORM.PRF, 5),
    transform(TRANSFORM.KE, 31),
    ...more,
  ];
  return { number: 1, protocol: PROTOCOL.IKE, spi: new Uint8Array(0), transforms };
}

function intermediate(
  rogue: Rogue,
  { ke, seed, fragmentCount }: {
    readonly ke: KeyExchangeId;
    readonly seed: readonly Uint8Array[];
    readonly fragmentCount: number;
  },
): Reply {
  const pair = KEY_EXCHANGES[ke].generate();
  const { keys, messageId } = rogue;
  const payload: Payload = { kind: "ke", method: ke, data: pair.publicValue };
  const order = Array.from({ length: fragmentCount }, (_, i) => fragmentCount - i);
  const reply = fragmentCount === 1
    ? rogue.send(EXCHANGE.IKE_INTERMEDIATE, [payload])
    : rogue.sendInFragments(EXCHANGE.IKE_INTERMEDIATE, [payload], order);
  const [answer] = reply.payloads;
  if (answer?.kind !== "ke") return reply;
  noteIntermediate(rogue, { asked: payload, answer, messageId });
  const secret = pair.agree(answer.data);
  assert.ok(secret !== undefined);
  const skeyseed = hmac(keys.d, join([secret, rogue.nonceI, rogue.nonceR]));
  rogue.keys = keysOf(skeyseed, seed);
  return reply;
}

/** IntAuth of both sides goes on by one exchange. */
function noteIntermediate(
  rogue: Rogue,
  { asked, answer, messageId }: {
    readonly asked: Payload | null;
    readonly answer: Payload | null;
    readonly messageId: number;
  },
): void {
  const covered = (payload: Payload | null, flags: number): Uint8Array =>
    coveredBy(rogue, { payload, flags, messageId });
  const { keys, intAuth: { i, r, count } } = rogue;
  rogue.intAuth = {
    i: hmac(keys.pi, join([i, covered(asked, FLAG.INITIATOR)])),
    r: hmac(keys.pr, join([r, covered(answer, FLAG.RESPONSE)])),
    count: count + 1,
  };
}

/** A | P of RFC 9242 §3.3.2 for a message with one payload or none. */
function coveredBy(
  { spiI, spiR }: Rogue,
  { payload, flags, messageId }: {
    readonly payload: Payload | null;
    readonly flags: number;
    readonly messageId: number;
  },
): Uint8Array {
  const none = { type: 0, body: new Uint8Array(0) };
  const [{ type, body } = none] = rawPayloads(payload === null ? [] : [payload]);
  const innerLen = payload === null ? 0 : 4 + body.length;
  const number = (value: number): number[] => [24, 16, 8, 0].map((by) => (value >>> by) & 0xff);
  const header = [46, 0x20, EXCHANGE.IKE_INTERMEDIATE, flags, ...number(messageId)];
  const sk = [type, 0, (4 + innerLen) >>> 8, (4 + innerLen) & 0xff];
  const inner = payload === null ? [] : [0, 0, innerLen >>> 8, innerLen & 0xff, ...body];
  return join([spiI, spiR, header, number(28 + 4 + innerLen), sk, inner]);
}

function authPayloads(
  rogue: Rogue,
  { id, isResumed }: { readonly id: string; readonly isResumed: boolean },
): Payload[] {
  const idi = makeId("idi", identity(id));
  const { i, r, count } = rogue.intAuth;
  const intAuth = count === 0 ? [] : [i, r, Uint8Array.of(0, 0, 0, count + 1)];
  const key = isResumed
    ? rogue.keys.pi
    : hmac(SECRET, new TextEncoder().encode("Key Pad for IKEv2"));
  const maced = hmac(rogue.keys.pi, idi.body);
  const data = hmac(key, join([rogue.request, rogue.nonceR, maced, ...intAuth]));
  return [
    idi,
    { kind: "auth", method: AUTH_METHOD.PSK, data },
    { kind: "cp", type: 1, attributes: [{ type: 1, value: new Uint8Array(0) }] },
    { kind: "sa", proposals: [ESP_PROPOSAL] },
    selectorsOf("tsi", [prefix("0.0.0.0/0")]),
    selectorsOf("tsr", [prefix("0.0.0.0/0")]),
  ];
}

function replyOf(rogue: Rogue, actions: readonly IkeAction[]): Reply {
  const sent = actions.find((action) => action.kind === "send");
  if (sent?.kind !== "send") return { actions, payloads: [], octets: undefined };
  const message = valueOf(parseMessage(sent.octets.slice()));
  if (message.sealed === null) {
    return { actions, payloads: parsed(message.payloads), octets: sent.octets };
  }
  const aead = aeadOf(rogue.keys.er);
  const opened = valueOf(openMessage(message, { sealed: message.sealed, aead }));
  return { actions, payloads: parsed(valueOf(parseInner(opened))), octets: sent.octets };
}

function parsed(raws: readonly RawPayload[]): Payload[] {
  return raws.map((raw) => valueOf(parsePayload(raw)));
}

function only<Kind extends "nonce" | "ke">(
  raws: readonly RawPayload[],
  kind: Kind,
): Extract<Payload, { readonly kind: Kind }> {
  const found = parsed(raws).find((payload) => payload.kind === kind);
  assert.ok(found !== undefined, kind);
  return found as Extract<Payload, { readonly kind: Kind }>;
}

/** Types of the notifies of a reply. */
export function notifiesOf({ payloads }: Reply): number[] {
  return payloads.flatMap((payload) => payload.kind === "notify" ? [payload.type] : []);
}

function aeadOf(key: Uint8Array): ReturnType<typeof testAead> {
  return testAead({ aead: "aes-gcm-16", key: key.slice(0, 32), salt: key.slice(32) });
}

function keysOf(skeyseed: Uint8Array, seed: readonly Uint8Array[]): RogueKeys {
  const octets = prfPlus(skeyseed, join(seed), 168);
  const [d, ei, er, pi, pr] = [[0, 32], [32, 68], [68, 104], [104, 136], [136, 168]]
    .map(([from, to]) => octets.slice(from, to));
  assert.ok(d && ei && er && pi && pr);
  return { d, ei, er, pi, pr };
}

/** prf+ (RFC 7296 §2.13). */
export function prfPlus(key: Uint8Array, seed: Uint8Array, len: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let n = 1; (n - 1) * 32 < len; n++) {
    blocks.push(hmac(key, join([blocks.at(-1) ?? [], seed, [n]])));
  }
  return join(blocks).slice(0, len);
}

/** HMAC-SHA2-256. */
export function hmac(key: Uint8Array, octets: Uint8Array): Uint8Array {
  return Uint8Array.from(createHmac("sha256", key).update(octets).digest());
}

function octetsOf(len: number): Uint8Array {
  return Uint8Array.from(randomBytes(len));
}

const ON_SERVER = true;
