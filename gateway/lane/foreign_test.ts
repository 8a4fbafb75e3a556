import { deepEqual, equal } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FOREIGN_NAMES, foreignName, packForeign, unpackForeign } from "./foreign.ts";

const CASES: readonly (readonly [ReturnType<typeof foreignName>, string | Buffer])[] = [
  ["http", "GET /i"],
  ["http", "PUT /x"],
  ["http", "HEAD /"],
  ["http", "POST /"],
  ["http", "PATCH "],
  ["http", "TRACE "],
  ["http", "DELETE"],
  ["http", "OPTION"],
  ["http", "CONNEC"],
  ["http", "PRI * "],
  ["tls", Buffer.of(0x16, 3, 1, 2, 0, 1)],
  ["tls", Buffer.of(0x16, 3, 3, 0, 0x0a, 1)],
  ["proxy_v1", "PROXY "],
  ["proxy_v2", Buffer.of(0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d)],
  ["ssh", "SSH-2."],
  ["ike_without_prefix", Buffer.of(1, 0x1c, 0, 0, 0, 0)],
  ["ike_without_prefix", Buffer.of(0, 0x22, 0, 0, 0, 0)],
  ["udp_encapsulation", Buffer.of(0, 0, 0, 0, 0x12, 0)],
  ["second_originator", "IKETCP"],
  ["unknown", "IKETCQ"],
  ["unknown", "iketcp"],
  ["unknown", "PROXYs"],
  ["unknown", "GETTER"],
  ["unknown", ""],
  ["unknown", "G"],
  ["unknown", Buffer.alloc(6)],
  ["unknown", Buffer.of(0x16, 3, 1, 2, 0, 2)],
  ["unknown", Buffer.of(0x0b, 0xad, 0xca, 0xfe, 0, 0)],
];

for (const [name, octets] of CASES) {
  test(`foreignName() takes ${JSON.stringify(octets.toString("latin1"))} for ${name}`, () => {
    equal(foreignName(Buffer.from(octets as string, "latin1")), name);
  });
}

test("foreignName() gives each of its names", () => {
  deepEqual(new Set(CASES.map(([name]) => name)), new Set(FOREIGN_NAMES));
});

test("unpackForeign() gives back what packForeign() has taken", () => {
  const ends = [Buffer.alloc(0), Buffer.of(0), Buffer.alloc(6), Buffer.alloc(6, 0xff)];
  for (const octets of [...ends, Buffer.of(0, 0, 0, 0, 0x12, 1)]) {
    deepEqual(Buffer.from(unpackForeign(packForeign(0, octets))), octets);
  }
  deepEqual(
    Buffer.from(unpackForeign(packForeign(0, Buffer.from("GET / HTTP")))).toString(),
    "GET / ",
  );
  deepEqual(Buffer.from(unpackForeign(packForeign(3, Buffer.from("x")))).toString(), "IKEx");
  deepEqual(Buffer.from(unpackForeign(packForeign(5, Buffer.from("QRST")))).toString(), "IKETCQ");
  equal(unpackForeign(0).length, 0);
});

test("docs/operate/troubleshooting.md says what each of them is", () => {
  const page = readFileSync("docs/operate/troubleshooting.md", "utf8");
  const [, table = ""] = page.split("| got | what it is | what to do |\n");
  const [rows = ""] = table.split("\n\n");
  const names = rows.split("\n").flatMap((row) =>
    [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name)
  );
  deepEqual(names, [...FOREIGN_NAMES]);
});
