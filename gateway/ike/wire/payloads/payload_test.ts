import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isKnownType, parsePayload, type Payload, typeOf } from "./payload.ts";
import { PAYLOADS } from "../../../../tests/support/ike/arbitraries.ts";
import { bodyOctets } from "../../../../tests/support/ike/messages.ts";

for (const [kind, payloads] of Object.entries(PAYLOADS)) {
  test(`IW4: a payload of kind ${kind} that is emitted and parsed is the same`, () => {
    const property = fc.property(payloads as fc.Arbitrary<Payload>, (payload) => {
      const raw = { type: typeOf(payload), isCritical: false, body: bodyOctets(payload) };
      deepEqual(parsePayload(raw), { value: payload });
    });
    fc.assert(property);
  });
}

test("IW6: reserved octets of a body are sent as 0, and ignored", () => {
  const reserved = { ke: [2, 3], auth: [1, 2, 3], tsi: [1, 2, 3], tsr: [1, 2, 3], cp: [1, 2, 3] };
  for (const [kind, places] of Object.entries(reserved)) {
    const payloads = PAYLOADS[kind as Payload["kind"]] as fc.Arbitrary<Payload>;
    fc.assert(fc.property(payloads, (payload) => {
      const body = bodyOctets(payload);
      for (const at of places) {
        equal(body[at], 0);
        body[at] = 0xff;
      }
      deepEqual(parsePayload({ type: typeOf(payload), isCritical: false, body }), {
        value: payload,
      });
    }));
  }
});

test("IW5: any octets parse to a payload of their type or to a fault, and stay views", () => {
  const types = fc.oneof(fc.integer({ min: 33, max: 53 }), fc.nat(0xff));
  const bodies = fc.uint8Array({ maxLength: 300 });
  fc.assert(fc.property(types, bodies, (type, octets) => {
    const body = Uint8Array.from(octets);
    const parsed = parsePayload({ type, isCritical: false, body });
    if ("fault" in parsed) return;
    equal(typeOf(parsed.value), type);
    for (const view of viewsOf(parsed.value)) ok(view.buffer === body.buffer || view.length === 0);
  }));
});

test("IW1: types with a meaning are known", () => {
  const known = Array.from({ length: 256 }, (_, type) => type).filter(isKnownType);
  deepEqual(known, [33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 53]);
});

function viewsOf(value: unknown): Uint8Array[] {
  if (value instanceof Uint8Array) return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(viewsOf) : [];
}
