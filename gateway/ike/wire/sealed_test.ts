import { deepEqual, equal, notDeepEqual, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EXCHANGE, PAYLOAD } from "./constants.ts";
import { parseInner, parseMessage } from "./message.ts";
import { NOTIFY } from "./notify_types.ts";
import { makeNotify } from "./payloads/notify.ts";
import { parsePayload, type Payload } from "./payloads/payload.ts";
import { coverMessage, layMessage, openMessage, sealMessage } from "./sealed.ts";
import { ivOf, testAead } from "../../../tests/support/ike/aead.ts";
import { CHAINS } from "../../../tests/support/ike/arbitraries.ts";
import {
  chainOctets,
  join,
  laterHeader,
  messageOf,
  reasonOf,
  valueOf,
  writer,
} from "../../../tests/support/ike/messages.ts";

const AEAD = testAead();
const WINDOW = makeNotify(NOTIFY.SET_WINDOW_SIZE, Uint8Array.of(0, 0, 0, 10));

function sealed(payloads: readonly Payload[]): Uint8Array {
  return sealMessage(writer(), { header: laterHeader(), payloads, iv: ivOf(1) }, AEAD).slice();
}

/** Opens a message that ought to be sealed. */
function open(octets: Uint8Array, aead = AEAD): ReturnType<typeof openMessage> {
  const message = valueOf(parseMessage(octets));
  if (message.sealed === null) throw new Error("Cannot open a message: not sealed");
  return openMessage(message, { sealed: message.sealed, aead });
}

test("IW24: RFC 7634 Appendix B is sealed and opened to the octet", () => {
  const salt = Uint8Array.fromHex("a0a1a2a3");
  const key = Uint8Array.from({ length: 32 }, (_, at) => 0x80 + at);
  const aead = testAead({ aead: "chacha20-poly1305", key, salt });
  const header = {
    spiI: Uint8Array.fromHex("c0c1c2c3c4c5c6c7"),
    spiR: Uint8Array.fromHex("d0d1d2d3d4d5d6d7"),
    exchange: EXCHANGE.INFORMATIONAL,
    flags: 0,
    messageId: 9,
  };
  const iv = Uint8Array.fromHex("1011121314151617");
  const expected = Uint8Array.fromHex(
    "c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029" +
      "1011121314151617610394701f8d017f7c12924889" +
      "6b71bfe25236efd7cdc67066906315b2",
  );
  deepEqual(sealMessage(writer(), { header, payloads: [WINDOW], iv }, aead).slice(), expected);
  const [raw] = valueOf(parseInner(valueOf(open(expected.slice(), aead))));
  deepEqual(raw && valueOf(parsePayload(raw)), WINDOW);
});

test("IW24: lengths are right before the AAD is taken, and sealing adds nothing", () => {
  const laid = layMessage(
    writer(),
    { header: laterHeader(), payloads: [WINDOW], iv: ivOf(1) },
    AEAD,
  );
  const { message, aad, body, plain } = laid;
  equal(message.length, 28 + 4 + 8 + 12 + 1 + 16);
  deepEqual(join([aad, body]), message.slice());
  equal(new DataView(aad.buffer, aad.byteOffset).getUint32(24), message.length);
  deepEqual([...aad.subarray(-4)], [PAYLOAD.NOTIFY, 0, 0, 4 + body.length]);
  deepEqual(
    plain.slice(),
    chainOctets([{ type: PAYLOAD.NOTIFY, body: [0, 0, 0x40, 1, 0, 0, 0, 10] }]),
  );
});

test("IW24: a message that is sealed and opened is the same", () => {
  fc.assert(fc.property(CHAINS, (payloads) => {
    const raws = valueOf(parseInner(valueOf(open(sealed(payloads)))));
    deepEqual(raws.map((raw) => valueOf(parsePayload(raw))), payloads);
  }));
});

test("IW20: sealing needs an IV of the AEAD's length", () => {
  const message = { header: laterHeader(), payloads: [], iv: new Uint8Array(7) };
  throws(() => sealMessage(writer(), message, AEAD), RangeError);
});

test("IW22: no octet of a message can be changed", () => {
  const octets = sealed([WINDOW]);
  let opened = 0;
  for (let at = 0; at < octets.length; at++) {
    const changed = octets.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    const parsed = parseMessage(changed);
    if ("fault" in parsed || parsed.value.sealed === null) continue;
    const { value: message, value: { sealed: sk } } = parsed;
    equal(reasonOf(openMessage(message, { sealed: sk, aead: AEAD })), "icv", `octet ${at}`);
    opened++;
  }
  ok(opened > 50);
});

test("IW22: SK without room for IV, pad length and ICV is not opened", () => {
  for (let len = 0; len < 25; len++) {
    const octets = messageOf(laterHeader(), [{ type: PAYLOAD.SK, body: new Uint8Array(len) }]);
    equal(reasonOf(open(octets)), "sealed_short", `${len}`);
  }
});

test("IW70: padding is removed, and more than there is refuses the message", () => {
  const withPadding = (text: readonly number[]): Uint8Array => {
    const body = [...ivOf(3), ...text, ...new Uint8Array(16)];
    const octets = messageOf(laterHeader(), [{ type: PAYLOAD.SK, body }]);
    octets[28] = PAYLOAD.NONCE;
    AEAD.seal(octets.subarray(0, 32), octets.subarray(32));
    return octets;
  };
  const opened = valueOf(open(withPadding([1, 2, 3, 7, 7, 2])));
  deepEqual(opened.plain, Uint8Array.of(1, 2, 3));
  equal(opened.firstType, PAYLOAD.NONCE);
  deepEqual(valueOf(open(withPadding([9, 9, 2]))).plain, new Uint8Array(0));
  equal(reasonOf(open(withPadding([9, 9, 3]))), "padding");
});

test("both sides cover the same octets of a message of IKE_INTERMEDIATE", () => {
  const header = laterHeader({ exchange: EXCHANGE.IKE_INTERMEDIATE });
  const laid = layMessage(writer(), { header, payloads: [WINDOW], iv: ivOf(1) }, AEAD);
  const { a, p } = coverMessage(laid);
  const [sentA, sentP] = [a.slice(), p.slice()];
  equal(new DataView(sentA.buffer).getUint32(24), sentA.length + sentP.length);
  deepEqual([...sentA.subarray(-4)], [PAYLOAD.NOTIFY, 0, 0, 4 + sentP.length]);
  AEAD.seal(laid.aad, laid.body);
  const received = coverMessage(valueOf(open(laid.message.slice())));
  deepEqual(received.a, sentA);
  deepEqual(received.p.slice(), sentP);
  notDeepEqual(laid.plain.slice(), sentP);
});
