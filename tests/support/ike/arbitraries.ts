// Arbitrary IKE messages. Every value has the form in which the parser returns it, so that what is
// emitted and parsed again is equal.

import fc from "fast-check";
import {
  CERT,
  CP_ATTRIBUTE,
  EAP_CODE,
  ENCR,
  ESN,
  EXCHANGE,
  FLAG,
  ID,
  KE,
  PRF,
  PROTOCOL,
  TRANSFORM,
  TS_TYPE,
} from "../../../gateway/ike/wire/constants.ts";
import type { Header } from "../../../gateway/ike/wire/header.ts";
import { isZeroSpi } from "../../../gateway/ike/wire/header.ts";
import { type IdPayload, makeId } from "../../../gateway/ike/wire/payloads/id.ts";
import {
  isKnownType,
  type Payload,
  type PayloadOf,
} from "../../../gateway/ike/wire/payloads/payload.ts";
import type { Proposal, Transform } from "../../../gateway/ike/wire/payloads/sa.ts";
import type { Selector } from "../../../gateway/ike/wire/payloads/ts.ts";

/** Octets of any values. */
export function octets(minLength: number, maxLength: number = minLength): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength, maxLength }).map((value) => Uint8Array.from(value));
}

/** A plain object: on Bun one without a prototype is not equal to one with it. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true });
}

const IS_ODD = false;
const U8 = fc.nat(0xff);
const U16 = fc.nat(0xffff);
const U32 = fc.nat(0xffff_ffff);

export const TRANSFORMS: fc.Arbitrary<Transform> = record({
  type: U8,
  id: U16,
  keyBits: fc.option(U16),
  isForeign: fc.constant(IS_ODD),
});

export const PROPOSALS: fc.Arbitrary<Proposal> = record({
  number: U8,
  protocol: U8,
  spi: octets(0, 9),
  transforms: fc.array(TRANSFORMS, { maxLength: 12 }),
});

const SELECTORS: fc.Arbitrary<Selector> = record({
  type: fc.constantFrom(...Object.values(TS_TYPE)),
  protocol: U8,
  ports: ports(),
})
  .chain(({ type, protocol, ports: [fromPort, toPort] }) => {
    const addressLen = type === TS_TYPE.IPV4_ADDR_RANGE ? 4 : 16;
    return fc.tuple(octets(addressLen), octets(addressLen)).map((pair) => {
      const [from, to] = inOrder(pair);
      return { type, protocol, fromPort, toPort, from, to };
    });
  });

/** A range of ports, or OPAQUE. */
function ports(): fc.Arbitrary<readonly [number, number]> {
  const range = fc.tuple(U16, U16).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  return fc.oneof(range, fc.constant([0xffff, 0] as const));
}

function inOrder([a, b]: readonly [Uint8Array, Uint8Array]): readonly [Uint8Array, Uint8Array] {
  return a.toHex() <= b.toHex() ? [a, b] : [b, a];
}

function ids<Kind extends "idi" | "idr">(kind: Kind): fc.Arbitrary<IdPayload<Kind>> {
  const fields = record({ type: U8, data: octets(0, 40) });
  return fields.map((value) => makeId(kind, value));
}

function selectors<Kind extends "tsi" | "tsr">(kind: Kind): fc.Arbitrary<PayloadOf<Kind>> {
  const payload = record({
    kind: fc.constant(kind),
    selectors: fc.array(SELECTORS, { maxLength: 5 }),
  });
  return payload as unknown as fc.Arbitrary<PayloadOf<Kind>>;
}

const CP_VALUES = fc.oneof(
  record({ type: fc.constantFrom(...Object.values(CP_ATTRIBUTE)), value: octets(0) }),
  record({ type: fc.constant(CP_ATTRIBUTE.INTERNAL_IP4_ADDRESS), value: octets(4) }),
  record({ type: fc.constant(CP_ATTRIBUTE.INTERNAL_IP6_ADDRESS), value: octets(17) }),
  record({ type: fc.constant(CP_ATTRIBUTE.INTERNAL_DNS_DOMAIN), value: octets(1, 30) }),
);

const DELETES: fc.Arbitrary<PayloadOf<"delete">> = fc.oneof(
  fc.constant({ kind: "delete" as const, protocol: PROTOCOL.IKE, spis: [] }),
  record({
    kind: fc.constant("delete" as const),
    protocol: fc.constantFrom(PROTOCOL.ESP, PROTOCOL.AH),
    spis: fc.array(U32, { maxLength: 9 }),
  }),
);

/** Arbitrary payloads of each kind. */
export const PAYLOADS: { readonly [Kind in Payload["kind"]]: fc.Arbitrary<PayloadOf<Kind>> } = {
  sa: record({
    kind: fc.constant("sa" as const),
    proposals: fc.array(PROPOSALS, { minLength: 1, maxLength: 4 }),
  }),
  ke: record({ kind: fc.constant("ke" as const), method: U16, data: octets(0, 80) }),
  idi: ids("idi"),
  idr: ids("idr"),
  cert: record({ kind: fc.constant("cert" as const), encoding: U8, data: octets(0, 80) }),
  certreq: record({
    kind: fc.constant("certreq" as const),
    encoding: fc.constantFrom(CERT.X509_SIGNATURE, 1),
    authorities: octets(0, 60),
  }),
  auth: record({ kind: fc.constant("auth" as const), method: U8, data: octets(0, 80) }),
  nonce: record({ kind: fc.constant("nonce" as const), data: octets(16, 256) }),
  notify: record({
    kind: fc.constant("notify" as const),
    type: U16,
    protocol: U8,
    spi: octets(0, 8),
    data: octets(0, 30),
  }),
  delete: DELETES,
  vendor: record({ kind: fc.constant("vendor" as const), data: octets(0, 40) }),
  tsi: selectors("tsi"),
  tsr: selectors("tsr"),
  cp: record({
    kind: fc.constant("cp" as const),
    type: U8,
    attributes: fc.array(CP_VALUES, { maxLength: 6 }),
  }),
  eap: record({ kind: fc.constant("eap" as const), packet: octets(0, 40) }),
  unknown: record({
    kind: fc.constant("unknown" as const),
    type: fc.integer({ min: 1, max: 0xff }).filter((type) => !isKnownType(type)),
    isCritical: fc.constant(IS_ODD),
    body: octets(0, 40),
  }),
};

/** One payload of any kind. */
export const ANY_PAYLOAD: fc.Arbitrary<Payload> = fc.oneof(...Object.values(PAYLOADS));

/** A few payloads, never more than a message may hold of one kind. */
export const CHAINS: fc.Arbitrary<readonly Payload[]> = fc.array(ANY_PAYLOAD, { maxLength: 8 });

/** Headers of exchanges that are sealed, and of responses. */
export const HEADERS: fc.Arbitrary<Header> = record({
  spiI: octets(8).filter((spi) => !isZeroSpi(spi)),
  spiR: octets(8),
  exchange: fc.constantFrom(...Object.values(EXCHANGE)),
  flags: fc.constantFrom(0, FLAG.INITIATOR).map((flags) => flags | FLAG.RESPONSE),
  messageId: U32,
});

/** A proposal as the default client of this project makes it. */
export const IKE_PROPOSAL: Proposal = {
  number: 1,
  protocol: PROTOCOL.IKE,
  spi: new Uint8Array(0),
  transforms: [
    transform(TRANSFORM.ENCR, ENCR.AES_GCM_16, 256),
    transform(TRANSFORM.ENCR, ENCR.AES_GCM_16, 128),
    transform(TRANSFORM.PRF, PRF.HMAC_SHA2_256),
    transform(TRANSFORM.KE, KE.X25519),
    transform(TRANSFORM.KE, KE.ECP_256),
  ],
};

export const ESP_PROPOSAL: Proposal = {
  number: 1,
  protocol: PROTOCOL.ESP,
  spi: Uint8Array.of(0xc0, 0xff, 0xee, 0x01),
  transforms: [
    transform(TRANSFORM.ENCR, ENCR.AES_GCM_16, 256),
    transform(TRANSFORM.ESN, ESN.YES),
    transform(TRANSFORM.ESN, ESN.NO),
  ],
};

export function transform(type: number, id: number, keyBits: number | null = null): Transform {
  return { type, id, keyBits, isForeign: false };
}

/** An identity that stands for others. */
export const CLIENT: IdPayload<"idi"> = makeId("idi", {
  type: ID.FQDN,
  data: new TextEncoder().encode("client.example.org"),
});

/** EAP-Success. */
export const EAP_SUCCESS = Uint8Array.of(EAP_CODE.SUCCESS, 7, 0, 4);
