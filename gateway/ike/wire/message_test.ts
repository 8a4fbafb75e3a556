import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EXCHANGE, FLAG, PAYLOAD } from "./constants.ts";
import { isInitial } from "./header.ts";
import { LIMIT } from "./limits.ts";
import { parseInner, parseMessage, removePadding } from "./message.ts";
import { NOTIFY } from "./notify_types.ts";
import { makeNotify } from "./payloads/notify.ts";
import { parsePayload } from "./payloads/payload.ts";
import { CHAINS, HEADERS } from "../../../tests/support/ike/arbitraries.ts";
import {
  chainOctets,
  firstHeader,
  laterHeader,
  messageOctets,
  messageOf,
  reasonOf,
  valueOf,
} from "../../../tests/support/ike/messages.ts";

const COOKIE = makeNotify(NOTIFY.COOKIE, Uint8Array.of(1, 2));
const SK_BODY = new Uint8Array(25);

test("a message that is emitted and parsed is the same", () => {
  fc.assert(fc.property(HEADERS, CHAINS, (header, payloads) => {
    const { header: parsed, payloads: raws } = valueOf(
      parseMessage(messageOctets(header, payloads)),
    );
    deepEqual(raws.map((raw) => valueOf(parsePayload(raw))), payloads);
    const { firstType: _, major, ...rest } = parsed;
    deepEqual(rest, header);
    equal(major, 2);
  }));
});

test("a fault comes with its verdict, and with the header if that could be read", () => {
  const octets = messageOctets(firstHeader(), [COOKIE]);
  octets[30] = 0xff;
  const parsed = parseMessage(octets);
  ok("fault" in parsed);
  equal(parsed.fault.reason, "payload_length");
  equal(parsed.verdict.notify?.type, NOTIFY.INVALID_SYNTAX);
  deepEqual(parsed.header?.spiI, firstHeader().spiI);
  const short = parseMessage(octets.subarray(0, 20));
  ok("fault" in short);
  equal(short.header, null);
});

test("IW3: the AAD ends where the IV begins, after number and total of a fragment", () => {
  const links = [{ type: 200, body: [1, 2, 3] }, { type: PAYLOAD.SK, body: SK_BODY }];
  const whole = valueOf(parseMessage(messageOf(laterHeader(), links)));
  equal(whole.sealed?.aad.length, 28 + 7 + 4);
  deepEqual(whole.sealed?.body, SK_BODY);
  equal(whole.sealed?.fragment, null);
  deepEqual(whole.payloads.map(({ type }) => type), [200]);

  const piece = [{ type: PAYLOAD.SKF, body: [0, 2, 0, 5, ...SK_BODY] }];
  const { sealed } = valueOf(parseMessage(messageOf(laterHeader(), piece)));
  deepEqual(sealed?.fragment, { number: 2, total: 5 });
  equal(sealed?.aad.length, 28 + 4 + 4);
  deepEqual(sealed?.body, SK_BODY);
});

test("IW49: a fragment without number and total is too short", () => {
  const octets = messageOf(laterHeader(), [{ type: PAYLOAD.SKF, body: [0, 1, 0] }]);
  equal(reasonOf(parseMessage(octets)), "sealed_short");
});

test("IW49, IW80: nothing is sealed in an exchange that begins an IKE SA", () => {
  for (const type of [PAYLOAD.SK, PAYLOAD.SKF]) {
    for (const exchange of [EXCHANGE.IKE_SA_INIT, EXCHANGE.IKE_SESSION_RESUME]) {
      const octets = messageOf(firstHeader({ exchange }), [{ type, body: SK_BODY }]);
      equal(reasonOf(parseMessage(octets)), "sealed_early");
    }
  }
});

test("IW23: every other request is sealed; a response may be a hint that is not", () => {
  for (const exchange of Object.values(EXCHANGE).filter((one) => !isInitial(one))) {
    const request = messageOctets(laterHeader({ exchange }), [COOKIE]);
    equal(reasonOf(parseMessage(request)), "not_sealed");
    const response = laterHeader({ exchange, flags: FLAG.RESPONSE });
    equal(reasonOf(parseMessage(messageOctets(response, [COOKIE]))), null);
  }
});

test("IW5: a stranger's message is shorter than a peer's", () => {
  const long = (len: number) => [{ type: PAYLOAD.VENDOR, body: new Uint8Array(len - 32) }];
  const first = (len: number) => parseMessage(messageOf(firstHeader(), long(len)));
  equal(reasonOf(first(LIMIT.STRANGER_MESSAGE_LEN)), null);
  equal(reasonOf(first(LIMIT.STRANGER_MESSAGE_LEN + 1)), "message_long");
  const sealed = [{ type: PAYLOAD.SK, body: new Uint8Array(20_000) }];
  const later = messageOf(laterHeader(), sealed);
  equal(reasonOf(parseMessage(later)), null);
  equal(reasonOf(parseMessage(later, LIMIT.STRANGER_MESSAGE_LEN)), "message_long");
});

test("IW1, IW5: payloads outside SK are judged with those inside", () => {
  const outside = [{ type: 200, isCritical: true, body: new Uint8Array(0) }];
  const vendor = { type: PAYLOAD.VENDOR, body: [1] };
  const opened = {
    firstType: PAYLOAD.VENDOR,
    plain: chainOctets([vendor]),
    outside: [],
    aad: new Uint8Array(0),
    isFragmented: false,
  };
  equal(valueOf(parseInner(opened)).length, 1);
  equal(reasonOf(parseInner({ ...opened, outside })), "critical_payload");
  const many = Array.from({ length: LIMIT.VENDORS }, () => ({
    type: PAYLOAD.VENDOR,
    isCritical: false,
    body: new Uint8Array(0),
  }));
  equal(reasonOf(parseInner({ ...opened, outside: many })), "vendors_too_many");
  equal(valueOf(parseInner({ ...opened, outside: many.slice(1) })).length, 1);
});

test("IW3: nothing is sealed inside SK", () => {
  const plain = chainOctets([{ type: PAYLOAD.SK, body: SK_BODY }]);
  const opened = { firstType: PAYLOAD.SK, plain, outside: [], aad: plain, isFragmented: false };
  equal(reasonOf(parseInner(opened)), "sealed_nested");
});

test("IW70: any padding that fits is removed, and no more", () => {
  deepEqual(valueOf(removePadding(Uint8Array.of(5, 0))), Uint8Array.of(5));
  deepEqual(valueOf(removePadding(Uint8Array.of(5, 9, 9, 2))), Uint8Array.of(5));
  deepEqual(valueOf(removePadding(Uint8Array.of(0))), new Uint8Array(0));
  const full = new Uint8Array(256).fill(255);
  deepEqual(valueOf(removePadding(full)), new Uint8Array(0));
  equal(reasonOf(removePadding(full.subarray(1))), "padding");
  equal(reasonOf(removePadding(Uint8Array.of(1))), "padding");
  equal(reasonOf(removePadding(new Uint8Array(0))), "padding");
});
