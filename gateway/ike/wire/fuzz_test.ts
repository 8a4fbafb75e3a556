// What a stranger or a peer can send: octets of any kind, and good messages with changes. Nothing
// may throw, leave its octets, exceed a limit or take an octet twice. `deno task test:fuzz` runs
// these properties with many more cases.

import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FLAG, HEADER_LEN, PAYLOAD } from "./constants.ts";
import { LIMIT } from "./limits.ts";
import { type Message, parseInner, parseMessage } from "./message.ts";
import { parseSignature } from "./payloads/auth.ts";
import { authoritiesOf } from "./payloads/certreq.ts";
import { parseEapPacket } from "./payloads/eap.ts";
import { isGoodId } from "./payloads/id.ts";
import { espSpiOf, numbersOf } from "./payloads/notify.ts";
import { parsePayload, type Payload, type RawPayload } from "./payloads/payload.ts";
import { proposalsText } from "./proposal_text.ts";
import { readableProposals } from "./proposals.ts";
import { readAnswer, readContent, readCreateChild, type RuleName, RULES } from "./rules.ts";
import { openMessage } from "./sealed.ts";
import { ivOf, testAead } from "../../../tests/support/ike/aead.ts";
import {
  CHAINS,
  CLIENT,
  EAP_SUCCESS,
  ESP_PROPOSAL,
  HEADERS,
  IKE_PROPOSAL,
} from "../../../tests/support/ike/arbitraries.ts";
import {
  chainOctets,
  firstHeader,
  laterHeader,
  messageOctets,
  messageOf,
  rawPayloads,
  reasonOf,
} from "../../../tests/support/ike/messages.ts";

const AEAD = testAead();
const NAMES = Object.keys(RULES) as RuleName[];

const FIRST: readonly Payload[] = [
  { kind: "sa", proposals: [IKE_PROPOSAL, { ...IKE_PROPOSAL, number: 2 }] },
  { kind: "ke", method: 31, data: new Uint8Array(32).fill(5) },
  { kind: "nonce", data: new Uint8Array(32).fill(6) },
  { kind: "notify", type: 16_388, protocol: 0, spi: new Uint8Array(0), data: new Uint8Array(20) },
];

const LATER: readonly Payload[] = [
  CLIENT,
  { kind: "certreq", encoding: 4, authorities: new Uint8Array(40) },
  { kind: "auth", method: 14, data: Uint8Array.of(1, 2, 3) },
  { kind: "cp", type: 1, attributes: [{ type: 1, value: new Uint8Array(0) }] },
  { kind: "sa", proposals: [ESP_PROPOSAL] },
  ...(["tsi", "tsr"] as const).map((kind) => ({
    kind,
    selectors: [{
      type: 7 as const,
      protocol: 0,
      fromPort: 0,
      toPort: 65_535,
      from: new Uint8Array(4),
      to: new Uint8Array(4).fill(255),
    }],
  } as Payload)),
  { kind: "delete", protocol: 3, spis: [1, 2, 3] },
  { kind: "eap", packet: EAP_SUCCESS },
];

/** A change of octets: other values, octets gone, octets more. */
const CHANGES = fc.array(
  fc.record({
    at: fc.nat(400),
    gone: fc.nat(3),
    more: fc.uint8Array({ maxLength: 5 }),
  }),
  { maxLength: 6 },
);

type Change = { readonly at: number; readonly gone: number; readonly more: Uint8Array };

/** Octets with changes behind the first `from`. */
function mutate(octets: Uint8Array, changes: readonly Change[], from = 0): Uint8Array {
  const values = [...octets];
  for (const { at, gone, more } of changes) {
    const room = values.length - from;
    if (room > 0) values.splice(from + at % room, gone, ...more);
  }
  return Uint8Array.from(values);
}

/** Octets in the middle of others, as a message lies in a buffer. */
function inside(octets: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(octets.length + 64).fill(0xa5);
  buffer.set(octets, 32);
  return buffer.subarray(32, 32 + octets.length);
}

function withLength(octets: Uint8Array): Uint8Array {
  if (octets.length >= HEADER_LEN) {
    new DataView(octets.buffer, octets.byteOffset).setUint32(24, octets.length);
  }
  return octets;
}

/** Every view in a value lies in the octets, and no list is longer than the longest limit. */
function checkBounds(value: unknown, octets: Uint8Array): void {
  if (value instanceof Uint8Array) {
    const end = octets.byteOffset + octets.length;
    const isInside = value.buffer === octets.buffer && value.byteOffset >= octets.byteOffset &&
      value.byteOffset + value.length <= end;
    ok(value.length === 0 || isInside);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) ok(value.length <= LONGEST);
  for (const member of Object.values(value)) checkBounds(member, octets);
}

const LONGEST = Math.max(LIMIT.AUTHORITIES, LIMIT.DELETED_SPIS, LIMIT.TRANSFORMS_OF_SA);

/** Reads everything that can be read of payloads. */
function readAll(payloads: readonly RawPayload[], octets: Uint8Array): void {
  ok(payloads.length <= LIMIT.PAYLOADS);
  for (const name of NAMES) checkBounds(readContent(name, payloads), octets);
  checkBounds(readAnswer("ikeSaInitResponse", payloads), octets);
  checkBounds(readAnswer("createChildResponse", payloads), octets);
  checkBounds(readCreateChild(payloads), octets);
  for (const raw of payloads) {
    const parsed = parsePayload(raw);
    if ("fault" in parsed) continue;
    checkBounds(parsed, octets);
    checkProgress(parsed.value, raw.body.length);
    useAll(parsed.value, octets);
  }
}

/** Each item of a list has octets of its own. */
function checkProgress(payload: Payload, len: number): void {
  if (payload.kind === "sa") {
    const transforms = payload.proposals.flatMap((proposal) => proposal.transforms);
    ok(8 * (payload.proposals.length + transforms.length) <= len);
  }
  if (payload.kind === "tsi" || payload.kind === "tsr") ok(16 * payload.selectors.length <= len);
  if (payload.kind === "cp") ok(4 * payload.attributes.length <= len);
  if (payload.kind === "delete") ok(4 * payload.spis.length <= len);
}

/** Calls what looks into the fields of a payload. */
function useAll(payload: Payload, octets: Uint8Array): void {
  switch (payload.kind) {
    case "sa":
      proposalsText(payload.proposals);
      for (const place of ["ike", "ikeRekey", "child"] as const) {
        checkBounds(readableProposals(payload, { of: place, hasAdditionalKe: true }), octets);
      }
      return;
    case "notify":
      espSpiOf(payload);
      ok(2 * numbersOf(payload).length <= payload.data.length);
      return;
    case "certreq":
      return checkBounds(authoritiesOf([payload, payload]), octets);
    case "auth":
      return checkBounds(parseSignature(payload.data), octets);
    case "eap":
      return checkBounds(parseEapPacket(payload.packet), octets);
    case "idi":
    case "idr":
      isGoodId(payload);
  }
}

/** Reads a message as a state machine would. Whatever it finds, its octets stay as they were. */
function readMessage(octets: Uint8Array): Message | null {
  const before = octets.slice();
  const parsed = parseMessage(octets);
  checkBounds(parsed, octets);
  if ("value" in parsed) readAll(parsed.value.payloads, octets);
  equal(octets.toHex(), before.toHex());
  return "value" in parsed ? parsed.value : null;
}

/** Puts a chain into SK as a peer with the key could, and reads it. */
function readSealed(firstType: number, chain: Uint8Array): void {
  const body = [...ivOf(1), ...chain, ...new Uint8Array(16)];
  const octets = inside(messageOf(laterHeader(), [{ type: PAYLOAD.SK, body }]));
  octets[HEADER_LEN] = firstType;
  const message = parseMessage(octets);
  ok("value" in message && message.value.sealed);
  const { sealed } = message.value;
  AEAD.seal(sealed.aad, sealed.body);
  const opened = openMessage(message.value, { sealed, aead: AEAD });
  if ("fault" in opened) return equal(opened.fault.reason, "padding");
  const inner = parseInner(opened.value);
  checkBounds(inner, octets);
  if ("value" in inner) readAll(inner.value, octets);
}

test("IW5: any octets are read without harm", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
    readMessage(inside(octets));
    readMessage(withLength(inside(octets)));
  }));
});

test("IW5: any chain behind a good header is read without harm", () => {
  const types = fc.integer({ min: 33, max: 53 });
  const links = fc.array(
    fc.record({ type: types, body: fc.uint8Array({ maxLength: 60 }), isCritical: fc.boolean() }),
    { maxLength: 70 },
  );
  fc.assert(fc.property(HEADERS, links, (header, chain) => {
    readMessage(inside(messageOf(header, chain)));
  }));
});

test("IW5: a good message with changes is read without harm", () => {
  const messages = fc.oneof(
    fc.constant(messageOctets(firstHeader(), FIRST)),
    fc.tuple(HEADERS, CHAINS).map(([header, payloads]) => messageOctets(header, payloads)),
  );
  fc.assert(fc.property(messages, CHANGES, (octets, changes) => {
    readMessage(withLength(inside(mutate(octets, changes))));
    readMessage(withLength(inside(mutate(octets, changes, HEADER_LEN))));
  }));
});

test("IW5: what an authentic peer puts into SK is read without harm", () => {
  const chains = fc.oneof(fc.constant(LATER), CHAINS).map(rawPayloads);
  fc.assert(fc.property(chains, CHANGES, fc.nat(255), (payloads, changes, padLen) => {
    const plain = mutate(chainOctets(payloads), changes);
    readSealed(payloads[0]?.type ?? 0, Uint8Array.from([...plain, padLen & 3]));
    readSealed(payloads[0]?.type ?? 0, Uint8Array.from([...plain, padLen]));
  }));
});

test("IW49: every beginning of a good message is refused", () => {
  for (const [header, payloads] of [[firstHeader(), FIRST], [laterHeader(), LATER]] as const) {
    const octets = messageOctets(header, payloads);
    for (let len = 0; len < octets.length; len++) {
      const part = withLength(inside(octets.subarray(0, len)));
      equal(readMessage(part), null);
      equal(reasonOf(parseMessage(part)), len < HEADER_LEN ? "header_short" : "payload_length");
    }
  }
});

test("IW5: a payload may fill the longest message", () => {
  const room = LIMIT.MESSAGE_LEN - HEADER_LEN - 4;
  const attributes = new Array(16_000).fill([0x80, 15, 0, 0]).flat();
  const len = 8 + attributes.length;
  const transform = [0, 0, len >>> 8, len & 0xff, 1, 0, 0, 20, ...attributes];
  const proposal = [0, 0, (len + 8) >>> 8, (len + 8) & 0xff, 1, 1, 0, 1, ...transform];
  const bodies = new Map<number, ArrayLike<number>>([
    [PAYLOAD.SA, proposal],
    [PAYLOAD.DELETE, [3, 4, 16_000 >>> 8, 16_000 & 0xff, ...new Array(64_000).fill(1)]],
    [PAYLOAD.CP, [1, 0, 0, 0, 0, 25, 0xea, 0x60, ...new Array(0xea60).fill(0x61)]],
    [PAYLOAD.CERTREQ, [4, ...new Array(60_000).fill(1)]],
    [PAYLOAD.VENDOR, new Array(room).fill(1)],
  ]);
  for (const [type, body] of bodies) {
    const link = { type, body: Uint8Array.from(body) };
    const octets = inside(messageOf({ ...laterHeader(), flags: FLAG.RESPONSE }, [link]));
    const [raw] = readMessage(octets)?.payloads ?? [];
    ok(raw);
    equal(reasonOf(parsePayload(raw)), null, `${type}`);
  }
});
