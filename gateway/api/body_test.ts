import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
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
