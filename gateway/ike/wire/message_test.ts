import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CHAINS, HEADERS } from "../../../tests/support/ike/arbitraries.ts";
import type { Header } from "./header.ts";
import { emitMessage, parseMessage } from "./message.ts";
import { parsePayload, type Payload } from "./payloads/payload.ts";
import { createWriter } from "./writer.ts";

function emit(header: Header, payloads: readonly Payload[]): Uint8Array {
  return emitMessage(createWriter(new Uint8Array(65_536)), { header, payloads }).slice();
}

function payloadsOf(octets: Uint8Array): readonly Payload[] {
  const parsed = parseMessage(octets);
  ok("value" in parsed, JSON.stringify(parsed));
  return parsed.value.payloads.map((raw) => {
    const payload = parsePayload(raw);
    ok("value" in payload);
    return payload.value;
  });
}

test("a message that is emitted and parsed is the same", () => {
  fc.assert(fc.property(HEADERS, CHAINS, (header, payloads) => {
    const octets = emit(header, payloads);
    deepEqual(payloadsOf(octets), payloads);
    const parsed = parseMessage(octets);
    ok("value" in parsed);
    const { firstType: _, major, ...rest } = parsed.value.header;
    deepEqual(rest, header);
    equal(major, 2);
  }));
});
