import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { saSpec } from "../../tests/support/test_sad.ts";
import { type IpAddress, parseAddress } from "../model/address.ts";
import { loopCheck } from "./loop_check.ts";

function addresses(...texts: readonly string[]): readonly IpAddress[] {
  return texts.map(parseAddress).filter((address) => address !== undefined);
}

test("loopCheck() refuses an outbound SA that would take the responder's packets", () => {
  const check = loopCheck(() => addresses("192.0.2.1", "10.1.0.9"));
  deepEqual(check(saSpec({})), {
    kind: "invalid",
    member: "remote",
    detail: "remote holds the responder's own address 10.1.0.9",
  });
  equal(check(saSpec({ direction: "inbound" })), undefined);
});

test("loopCheck() refuses outbound SAs while the responder is not known", () => {
  const check = loopCheck(() => []);
  deepEqual(check(saSpec({})), {
    kind: "conflict",
    detail: "The responder's addresses are not known yet",
  });
  equal(check(saSpec({ direction: "inbound" })), undefined);
});

test("loopCheck() asks for the addresses anew each time", () => {
  let known = addresses("192.0.2.1");
  const check = loopCheck(() => known);
  equal(check(saSpec({})), undefined);
  known = addresses("10.1.0.9");
  equal(check(saSpec({}))?.member, "remote");
});
