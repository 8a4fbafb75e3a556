import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { casesOf } from "./cases.ts";

const SIZES = { handshakes: 1000, clients: 10_000 };

function names(only: string): string[] {
  return casesOf(SIZES, only).map(({ name }) => name);
}

test("casesOf() has each way with its rate and the shares of processors", () => {
  deepEqual(names("p256"), [
    "handshake p256",
    "handshake/worker p256",
    "handshake/shell p256",
    "handshake/generator p256",
  ]);
  deepEqual(names("handshake "), [
    "handshake PSK",
    "handshake p256",
    "handshake ed25519",
    "handshake ticket",
    "handshake PSK ML-KEM-768",
  ]);
});

test("casesOf() names sizes where they are part of what is measured", () => {
  deepEqual(names("re"), [
    "rekey child 1000",
    "rekey ike 1000",
    "restart PSK 10000",
    "restart ticket 10000",
  ]);
  deepEqual(names("memory"), ["memory PSK 10000"]);
  deepEqual(names("nosuch"), []);
});

test("no two cases have one name", () => {
  const all = names("");
  equal(new Set(all).size, all.length);
});
