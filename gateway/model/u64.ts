// Whole numbers up to 2^64 - 1. They are exact here and in JSON.

import * as z from "zod";
import { COUNT } from "./count.ts";

const MAX = 0xffff_ffff_ffff_ffffn;

const PROBLEM = `must be a whole number from 0 to ${MAX}, above 2^53 a decimal string`;

const DIGITS = z.string({ error: PROBLEM }).regex(/^(0|[1-9]\d{0,19})$/, { error: PROBLEM });

const VALUE = z.bigint().min(0n, { error: PROBLEM }).max(MAX, { error: PROBLEM });

const FORM = { decode: BigInt, encode: emit };

/** A number as users give it: a number, a decimal string, or the bigint of a TOML file. */
export const U64 = z.codec(
  z.union([z.int({ error: PROBLEM }), z.bigint({ error: PROBLEM }), DIGITS], { error: PROBLEM }),
  VALUE,
  FORM,
).meta({
  type: ["integer", "string"],
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  pattern: "^(0|[1-9][0-9]{0,19})$",
  description: "At most 2^64 - 1; above 2^53 a decimal string",
});

/** A number in answers: a decimal string where a reader of JSON would round it. */
export const SHOWN_U64 = z.codec(z.union([COUNT, DIGITS]), VALUE, FORM).meta({
  anyOf: [{ type: "integer", minimum: 0 }, { type: "string", pattern: "^[1-9][0-9]{15,19}$" }],
  description: "A whole number; above 2^53 a decimal string",
  type: ["integer", "string"],
});

function emit(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}
