import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { EXCHANGE, FLAG } from "./constants.ts";
import { type Header, isFromInitiator, isResponse, parseHeader, responseHeader } from "./header.ts";
import {
  firstHeader,
  laterHeader,
  messageOctets,
  reasonOf,
} from "../../../tests/support/ike/messages.ts";

/** The reason that is given for a header, after a change of its octets. */
function reasonWith(header: Header, change: (octets: Uint8Array) => void): string | null {
  const octets = messageOctets(header, []);
  change(octets);
  return reasonOf(parseHeader(octets));
}

test("a header is read as it was written", () => {
  const header = laterHeader({ messageId: 0xffff_ffff, flags: FLAG.INITIATOR | FLAG.RESPONSE });
  const parsed = parseHeader(messageOctets(header, []));
  ok("value" in parsed);
  deepEqual({ ...parsed.value }, { ...header, firstType: 0, major: 2 });
  ok(isResponse(parsed.value) && isFromInitiator(parsed.value));
});

test("IW40: a message shorter than a header, or of another Length, is refused", () => {
  const octets = messageOctets(firstHeader(), []);
  for (let len = 0; len < octets.length; len++) {
    equal(reasonOf(parseHeader(octets.subarray(0, len))), "header_short");
  }
  for (const length of [0, 27, 29, 0x01_00_00_1c, 0xffff_ffff]) {
    const reason = reasonWith(firstHeader(), (changed) => {
      new DataView(changed.buffer).setUint32(24, length);
    });
    equal(reason, "length_mismatch");
  }
});

test("IW41: an SPIi of 0 is refused", () => {
  equal(
    reasonOf(parseHeader(messageOctets(firstHeader({ spiI: new Uint8Array(8) }), []))),
    "spi_zero",
  );
  equal(reasonWith(laterHeader(), (octets) => octets.fill(0, 0, 8)), "spi_zero");
});

test("IW42, IW43: major versions other than 2 are refused, minor ones are ignored", () => {
  const versions = new Map([
    [0x00, "version_lower"],
    [0x10, "version_lower"],
    [0x20, null],
    [0x2f, null],
    [0x30, "version_higher"],
    [0xf0, "version_higher"],
  ]);
  for (const [version, reason] of versions) {
    equal(reasonWith(firstHeader(), (octets) => octets[17] = version), reason, `${version}`);
  }
});

test("IW46: a first request has no SPIr, Message ID 0 and flag I; its response need not", () => {
  for (const exchange of [EXCHANGE.IKE_SA_INIT, EXCHANGE.IKE_SESSION_RESUME]) {
    const wrong = [{ spiR: laterHeader().spiR }, { messageId: 1 }, { flags: 0 }];
    for (const change of wrong) {
      const octets = messageOctets(firstHeader({ exchange, ...change }), []);
      equal(reasonOf(parseHeader(octets)), "initial_fields");
    }
    const response = firstHeader({ exchange, flags: FLAG.RESPONSE, spiR: laterHeader().spiR });
    equal(reasonOf(parseHeader(messageOctets(response, []))), null);
  }
});

test("IW6: unknown flags are ignored, and sent as 0", () => {
  equal(reasonWith(firstHeader(), (octets) => octets[19] = 0xc7 | FLAG.INITIATOR), null);
  equal(messageOctets(firstHeader({ flags: 0xff }), [])[19], FLAG.INITIATOR | FLAG.RESPONSE);
});

test("a response has its request's numbers, R, and I if the request had it not", () => {
  const answer = responseHeader(firstHeader());
  deepEqual(answer, firstHeader({ flags: FLAG.RESPONSE }));
  const ours = laterHeader({ flags: 0 });
  deepEqual(responseHeader(ours), { ...ours, flags: FLAG.RESPONSE | FLAG.INITIATOR });
});
