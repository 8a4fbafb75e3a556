import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { parseLine } from "./line.ts";

test("parseLine() reads what the program says", () => {
  const said = [
    "cases 24",
    "begin seal aes-128-gcm 64",
    "ring 1e-7 2.5e-7",
    "end seal aes-128-gcm 64",
  ];
  deepEqual(said.map(parseLine), [
    { kind: "cases", count: 24 },
    { kind: "begin", name: "seal aes-128-gcm 64" },
    { kind: "samples", crate: "ring", samples: [{ value: 1e-7 }, { value: 2.5e-7 }] },
    { kind: "end", name: "seal aes-128-gcm 64", octets: 64 },
  ]);
});

test("parseLine() refuses the rest", () => {
  for (const text of ["", "ring", "ring fast", "thread 'main' panicked"]) {
    throws(() => parseLine(text), /Cannot read/);
  }
});
