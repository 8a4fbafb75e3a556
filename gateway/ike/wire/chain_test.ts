import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkPayloads, parseChain } from "./chain.ts";
import { PAYLOAD } from "./constants.ts";
import { LIMIT } from "./limits.ts";
import {
  chainOctets,
  join,
  type Link,
  reasonOf,
  valueOf,
} from "../../../tests/support/ike/messages.ts";

const VENDOR: Link = { type: PAYLOAD.VENDOR, body: [1, 2, 3] };
const NOTIFY: Link = { type: PAYLOAD.NOTIFY, body: [0, 0, 0x40, 0] };

function reasonOfLinks(links: readonly Link[]): string | null {
  const chain = parseChain(links[0]?.type ?? 0, chainOctets(links));
  return "fault" in chain ? chain.fault.reason : reasonOf(checkPayloads(chain.value.payloads));
}

function repeat(link: Link, count: number): Link[] {
  return Array.from({ length: count }, () => link);
}

test("IW1: the critical bit of an unknown payload refuses the message, wherever it stands", () => {
  for (const at of [0, 1, 2]) {
    const others = [VENDOR, NOTIFY];
    const unknown = { type: 127, body: [1] };
    equal(reasonOfLinks(others.toSpliced(at, 0, unknown)), null);
    const critical = others.toSpliced(at, 0, { ...unknown, isCritical: true });
    const { payloads } = valueOf(parseChain(critical[0]?.type ?? 0, chainOctets(critical)));
    deepEqual(checkPayloads(payloads), { fault: { reason: "critical_payload", payloadType: 127 } });
  }
});

test("IW1: the critical bit of a known payload is ignored", () => {
  equal(reasonOfLinks([{ ...NOTIFY, isCritical: true }, { ...VENDOR, isCritical: true }]), null);
});

test("IW6: of the bits beside the critical one nothing follows", () => {
  const octets = chainOctets([{ type: 127, body: [1] }, VENDOR]);
  const before = valueOf(parseChain(127, octets.slice()));
  octets[1] = 0x7f;
  deepEqual(valueOf(parseChain(127, octets)), before);
});

test("IW3: SK and SKF end the chain, and their next payload is the first one inside", () => {
  for (const type of [PAYLOAD.SK, PAYLOAD.SKF]) {
    const links = [VENDOR, { type, body: [9, 9] }];
    const chain = valueOf(parseChain(PAYLOAD.VENDOR, chainOctets(links, PAYLOAD.IDI)));
    deepEqual(chain.payloads.map((payload) => payload.type), [PAYLOAD.VENDOR]);
    deepEqual(chain.sealed, { type, firstType: PAYLOAD.IDI, body: Uint8Array.of(9, 9) });
    const trailing = [{ type, body: [9, 9] }, VENDOR];
    equal(reasonOfLinks(trailing), "trailing_octets");
  }
});

test("IW49: a chain fills its octets to the end", () => {
  const octets = chainOctets([VENDOR, NOTIFY]);
  for (let len = 0; len < octets.length; len++) {
    equal(reasonOf(parseChain(PAYLOAD.VENDOR, octets.subarray(0, len))), "payload_length");
  }
  equal(reasonOf(parseChain(PAYLOAD.VENDOR, join([octets, [0]]))), "trailing_octets");
  equal(reasonOf(parseChain(0, octets)), "trailing_octets");
  equal(reasonOf(parseChain(0, new Uint8Array(0))), null);
});

test("IW49: a payload is at least its header and at most what is left", () => {
  for (const len of [0, 1, 2, 3, 8, 0xffff]) {
    equal(reasonOfLinks([{ ...VENDOR, len }]), "payload_length", `${len}`);
  }
  equal(reasonOfLinks([{ type: PAYLOAD.VENDOR }]), null);
});

test("IW5: payloads of a message are counted, in all and by kind", () => {
  const limits: readonly (readonly [Link, number, string])[] = [
    [{ type: PAYLOAD.CERTREQ, body: [4] }, LIMIT.PAYLOADS, "payloads_too_many"],
    [{ type: 200 }, LIMIT.PAYLOADS, "payloads_too_many"],
    [NOTIFY, LIMIT.NOTIFIES, "notifies_too_many"],
    [VENDOR, LIMIT.VENDORS, "vendors_too_many"],
    [{ type: PAYLOAD.CERT, body: [4] }, LIMIT.CERTS, "certs_too_many"],
  ];
  for (const [link, max, reason] of limits) {
    equal(reasonOfLinks(repeat(link, max)), null);
    equal(reasonOfLinks(repeat(link, max + 1)), reason);
  }
});

test("IW5: a chain is given up at the first payload too many", () => {
  const links = repeat({ type: 200 }, LIMIT.PAYLOADS + 1);
  equal(reasonOf(parseChain(200, chainOctets(links))), "payloads_too_many");
  equal(valueOf(parseChain(200, chainOctets(links.slice(1)))).payloads.length, LIMIT.PAYLOADS);
});

test("IW5: 70 notifies and 40 vendor IDs around a fragment are refused", () => {
  const links = [...repeat(NOTIFY, 70), ...repeat(VENDOR, 40), { type: PAYLOAD.SKF, body: [0, 1] }];
  equal(reasonOfLinks(links), "payloads_too_many");
});

test("IW49: any octets are split into views of them, in order and without overlap", () => {
  fc.assert(fc.property(fc.nat(255), fc.uint8Array({ maxLength: 400 }), (first, octets) => {
    const chain = parseChain(first, octets);
    if ("fault" in chain) return;
    const { payloads, sealed } = chain.value;
    const bodies = [...payloads, ...(sealed ? [sealed] : [])].map(({ body }) => body);
    const len = bodies.reduce((sum, body) => sum + 4 + body.length, 0);
    equal(len, octets.length);
    let at = octets.byteOffset;
    for (const body of bodies) {
      equal(body.buffer, octets.buffer);
      equal(body.byteOffset, at + 4);
      at += 4 + body.length;
    }
  }));
});
