import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as z from "zod";
import { SA_SPEC } from "../model/sa_spec.ts";
import { readBody } from "./body.ts";

const SCHEMA = z.strictObject({ secret: z.string().max(8) });

/** Reads a body, and returns the buffer its text was decoded from, as the read left it. */
async function readAndKeep(text: string): Promise<{ kind: string; buffer: Uint8Array }> {
  const { decode } = TextDecoder.prototype;
  let buffer: Uint8Array = new Uint8Array();
  TextDecoder.prototype.decode = function (input, options): string {
    if (input instanceof Uint8Array) buffer = new Uint8Array(input.buffer);
    return decode.call(this, input, options);
  };
  try {
    const body = new Request("http://localhost/", { method: "POST", body: text });
    const { kind } = await readBody(body, SCHEMA);
    return { kind, buffer };
  } finally {
    TextDecoder.prototype.decode = decode;
  }
}

for (
  const [what, text, kind] of [
    ["is taken", '{"secret":"c0ffee"}', "value"],
    ["is refused", '{"secret":"c0ffeec0ffee"}', "refused"],
    ["is no JSON", '{"secret":"c0ffee"', "refused"],
  ] as const
) {
  test(`readBody() wipes its buffer when a body ${what}`, async () => {
    const read = await readAndKeep(text);
    equal(read.kind, kind);
    deepEqual([read.buffer.length > 0, read.buffer.some((octet) => octet !== 0)], [true, false]);
  });
}

/** Sends a body to the reader of SAs, and returns its answer's text. */
async function refusalOf(body: string): Promise<string> {
  const read = await readBody(new Request("http://localhost/", { method: "POST", body }), SA_SPEC);
  return read.kind === "refused" ? await read.response.text() : "";
}

/** A refusal may be so many octets, and in proportion to its body so many more. */
const ANSWER_LEN = 2048;
const ANSWER_RATIO = 2;

test("readBody() answers a long body with a short problem, in a short time", async () => {
  const bodies = [
    { local: Array(32_000).fill(0) },
    { local: Array(16_000).fill("a"), remote: Array(16).fill({}) },
    { local: Array(256).fill(0), remote: Array(256).fill(0) },
    { local: Array(6000).fill("1.2.3.4") },
    Object.fromEntries(Array.from({ length: 6000 }, (_, at) => [`k${at}`, 0])),
    { ["k".repeat(60_000)]: 1 },
    { spi: "x".repeat(60_000), peer: "x".repeat(5000) },
    { hardPackets: "9".repeat(60_000) },
    Array(30_000).fill(0),
  ];
  const texts = [...bodies.map((body) => JSON.stringify(body)), nested(32_000)];
  for (const text of texts) {
    const answer = await refusalOf(text);
    ok(answer.length < ANSWER_LEN, `${answer.length} octets for ${text.slice(0, 40)}`);
  }
});

test("readBody() counts the problems that it does not list", async () => {
  const member = (count: number): unknown[] => Array(count).fill(0);
  const problem = JSON.parse(await refusalOf(JSON.stringify({ local: member(100) })));
  equal(problem.errors.length, 20);
  // Six members are missing.
  equal(problem.errors.length + problem.unlisted, 100 + 6);
  const few = JSON.parse(await refusalOf(JSON.stringify({ local: member(2) })));
  deepEqual([few.errors.length, "unlisted" in few], [2 + 6, false]);
  const unknown = Object.fromEntries(member(100).map((_, at) => [`k${at}`, 0]));
  const many = JSON.parse(await refusalOf(JSON.stringify(unknown)));
  equal(many.errors.length + many.unlisted, 100 + 7);
});

test("readBody() never answers with more than a small multiple of the body", async () => {
  const names = fc.constantFrom("spi", "peer", "local", "remote", "keyMaterial", "esn", "other");
  const body = fc.dictionary(names, fc.jsonValue({ maxDepth: 3 }));
  await fc.assert(
    fc.asyncProperty(body, fc.integer({ min: 0, max: 400 }), async (value, count) => {
      const text = JSON.stringify({ ...value, local: Array(count).fill(value["local"] ?? 0) });
      const answer = await refusalOf(text);
      ok(answer.length <= ANSWER_LEN + ANSWER_RATIO * text.length, `${answer.length} octets`);
    }),
  );
});

function nested(depth: number): string {
  return `${"[".repeat(depth)}${"]".repeat(depth)}`;
}
