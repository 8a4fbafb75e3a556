import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SA_SPEC } from "./sa_spec.ts";
import { watchKeys } from "../../tests/support/watch_keys.ts";

const KEY = "00112233445566778899AABBccddeeff01020304";

const SA = {
  spi: "0xc0ffee01",
  direction: "inbound",
  peer: "client-7",
  aead: "aes-gcm-16",
  keyMaterial: KEY,
  local: ["10.93.29.0/24"],
  remote: ["10.93.30.7/32", "2001:db8::/64"],
};

function problemsOf(value: unknown): readonly string[] {
  const result = SA_SPEC.safeParse(value);
  if (result.success) return [];
  return result.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`.trim());
}

function problemOf(change: Readonly<Record<string, unknown>>): string {
  const [first, ...rest] = problemsOf({ ...SA, ...change });
  deepEqual(rest, []);
  return first ?? "";
}

test("SA_SPEC fills in the documented defaults", () => {
  const sa = SA_SPEC.parse(SA);
  equal(sa.spi, 0xc0ffee01);
  deepEqual(sa.keyMaterial.slice(-5), Uint8Array.of(0xff, 1, 2, 3, 4));
  deepEqual(sa.remote.map((prefix) => prefix.text), ["10.93.30.7/32", "2001:db8::/64"]);
  deepEqual(
    [sa.esn, sa.replayWindow, sa.hardPackets, sa.hardOctets, sa.hardSeconds],
    [false, 1024, 4_294_967_295n, 0n, 28_800],
  );
  deepEqual([sa.softPackets, sa.softOctets, sa.softSeconds], [4_000_000_000n, 0n, 21_600]);
  equal(sa.initialSequence, 0n);
});

function softOf(given: Readonly<Record<string, unknown>>): readonly [bigint, bigint, number] {
  const { softPackets, softOctets, softSeconds } = SA_SPEC.parse({ ...SA, ...given });
  return [softPackets, softOctets, softSeconds];
}

test("SA_SPEC warns of a hard limit when a quarter of it is left, if nothing else is said", () => {
  deepEqual(softOf({ hardPackets: 1000, hardOctets: 4_000_001, hardSeconds: 3600 }), [
    750n,
    3_000_000n,
    2700,
  ]);
  deepEqual(softOf({ hardPackets: 4_000_000_000 })[0], 3_000_000_000n);
  deepEqual(softOf({ hardPackets: 4_000_000_001 })[0], 4_000_000_000n);
  const none = { hardPackets: 0, hardOctets: 0, hardSeconds: 0 };
  deepEqual(softOf(none), [4_000_000_000n, 0n, 0], "numbers end without ESN whatever is said");
  deepEqual(softOf({ softPackets: 0, softOctets: 7, softSeconds: 8 }), [0n, 7n, 8]);
});

test("SA_SPEC leaves time even before a small hardSeconds: a minute, or half of it", () => {
  const cases = [[1, 0], [2, 1], [3, 1], [10, 5], [60, 30], [90, 45], [120, 60], [180, 120]];
  for (const [hardSeconds, soft] of [...cases, [240, 180], [28_800, 21_600]]) {
    equal(softOf({ hardSeconds })[2], soft, String(hardSeconds));
  }
});

test("SA_SPEC never chooses a soft limit that its hard one is not above", () => {
  const u64 = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });
  const seconds = fc.integer({ min: 1, max: 2 ** 32 - 1 });
  fc.assert(fc.property(u64, u64, seconds, (packets, octets, hardSeconds) => {
    const hard = { hardPackets: String(packets), hardOctets: String(octets), hardSeconds };
    const [softPackets, softOctets, softSeconds] = softOf(hard);
    ok(softPackets < packets && (softPackets > 0n || packets === 1n));
    ok(softOctets < octets && (softOctets > 0n || octets === 1n));
    ok(softSeconds < hardSeconds && (softSeconds > 0 || hardSeconds === 1));
  }));
});

test("SA_SPEC refuses a soft limit that its hard one is not above", () => {
  for (const measure of ["Packets", "Octets", "Seconds"]) {
    const [soft, hard] = [`soft${measure}`, `hard${measure}`];
    equal(problemOf({ [soft]: 10, [hard]: 10 }), `${soft} must be below ${hard}, or 0`);
    equal(problemOf({ [soft]: 11, [hard]: 10 }), `${soft} must be below ${hard}, or 0`);
    equal(problemOf({ [soft]: 9, [hard]: 10 }), "");
    equal(problemOf({ [soft]: 0, [hard]: 10 }), "");
    equal(problemOf({ [soft]: 10, [hard]: 0 }), "");
  }
});

test("SA_SPEC names each member that is missing", () => {
  deepEqual(problemsOf({}), [
    "spi is required",
    "direction is required",
    "peer is required",
    "aead is required",
    "keyMaterial is required",
    "local is required",
    "remote is required",
  ]);
});

test("SA_SPEC leaves no key of an SA that it refuses", () => {
  const wrong = [{ remote: ["10.1.0.1/24"] }, { esn: true, replayWindow: 0 }, { aead: "none" }];
  for (const change of wrong) {
    const keys = watchKeys(() => notEqual(problemsOf({ ...SA, ...change }).length, 0));
    for (const key of keys) {
      deepEqual(key, new Uint8Array(20), JSON.stringify(change));
    }
  }
});

test("SA_SPEC wants the key lengths of each AEAD", () => {
  const lens = { "aes-gcm-16": [20, 28, 36], "chacha20-poly1305": [36] };
  for (const [aead, right] of Object.entries(lens)) {
    for (const len of [1, 16, 19, 20, 24, 28, 32, 36, 37]) {
      const problem = problemOf({ aead, keyMaterial: "7f".repeat(len) });
      equal(problem === "", right.includes(len), `${aead} ${len}: ${problem}`);
      ok(problem === "" || problem.startsWith("keyMaterial must "), problem);
    }
  }
});

test("SA_SPEC names the member that is out of range", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["spi", "0xff"],
    ["spi", "0x100000000"],
    ["spi", 4096],
    ["spi", "4096"],
    ["direction", "both"],
    ["peer", ""],
    ["peer", "a\u001bb"],
    ["peer", "x".repeat(65)],
    ["aead", "aes-cbc"],
    ["keyMaterial", `0x${KEY}`],
    ["keyMaterial", KEY.slice(1)],
    ["local", []],
    ["local", "10.0.0.0/8"],
    ["local", Array.from({ length: 9 }, () => "10.0.0.0/8")],
    ["esn", "yes"],
    ["replayWindow", 31],
    ["replayWindow", 4097],
    ["replayWindow", 64.5],
    ["softPackets", -1],
    ["softOctets", -1],
    ["softSeconds", -1],
    ["softSeconds", 1.5],
    ["softPackets", 4_294_967_295],
    ["softSeconds", 28_800],
    ["hardPackets", -1],
    ["hardPackets", 2 ** 53],
    ["hardPackets", "18446744073709551616"],
    ["hardOctets", "0x10"],
    ["hardSeconds", -1],
    ["hardSeconds", 2 ** 32],
    ["initialSequence", "4294967296"],
    ["initialSequence", null],
  ];
  for (const [member, value] of cases) {
    const problem = problemOf({ [member]: value });
    ok(problem.startsWith(`${member} `), `${member} ${String(value)}: "${problem}"`);
  }
  equal(
    problemOf({ remote: ["10.93.30.7/24"] }),
    "remote.0 must have no bits set behind its length",
  );
});

test("SA_SPEC says of each u64 what it may be, and that great ones are strings", () => {
  const problem =
    "must be a whole number from 0 to 18446744073709551615, above 2^53 a decimal string";
  const wrong = [
    ...["x", "", "007", "-1", "1.5", "18446744073709551616", "9".repeat(21), 2 ** 53 + 2],
    ...[2 ** 53, -(2 ** 53), 1e300, -1, 1.5, NaN, Infinity, -1n, 2n ** 64n, true, null, [], {}],
  ];
  const members = ["softPackets", "softOctets", "hardPackets", "hardOctets", "initialSequence"];
  for (const member of members) {
    for (const value of wrong) {
      equal(problemOf({ [member]: value }), `${member} ${problem}`, String(value));
    }
  }
});

test("SA_SPEC takes an ESN, but not without a replay window", () => {
  const esn = {
    esn: true,
    initialSequence: "18446744073709551615",
    hardPackets: "18446744073709551615",
  };
  equal(problemOf(esn), "");
  equal(SA_SPEC.parse({ ...SA, ...esn }).initialSequence, 0xffff_ffff_ffff_ffffn);
  equal(problemOf({ replayWindow: 0 }), "");
  equal(problemOf({ esn: true, replayWindow: 0 }), "replayWindow must not be 0 with esn");
});

test("SA_SPEC refuses members it does not know", () => {
  for (const name of ["keymaterial", "__proto__", "constructor"]) {
    const body: unknown = JSON.parse(`{${JSON.stringify(name)}: 1, ${JSON.stringify(SA).slice(1)}`);
    const result = SA_SPEC.safeParse(body);
    equal(result.error?.issues[0]?.code, "unrecognized_keys", name);
  }
});

test("SA_SPEC never throws and never repeats keying material", () => {
  const junk = fc.oneof(fc.jsonValue(), fc.bigInt(), fc.constant(KEY), fc.constant([KEY]));
  const body = fc.record({
    spi: fc.oneof(junk, fc.constant(SA.spi)),
    direction: fc.oneof(junk, fc.constant(SA.direction)),
    peer: fc.oneof(junk, fc.constant(SA.peer)),
    aead: fc.oneof(junk, fc.constant(SA.aead)),
    keyMaterial: fc.oneof(junk, fc.constant(KEY)),
    local: fc.oneof(junk, fc.constant(SA.local)),
    remote: fc.oneof(junk, fc.constant(SA.remote)),
    esn: junk,
    replayWindow: junk,
    softPackets: junk,
    softOctets: junk,
    softSeconds: junk,
    hardPackets: junk,
    hardSeconds: junk,
    initialSequence: junk,
  }, { requiredKeys: [] });
  fc.assert(fc.property(fc.oneof(body, junk), (value) => {
    ok(!problemsOf(value).join().toLowerCase().includes(KEY.toLowerCase()));
  }));
});
