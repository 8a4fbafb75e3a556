// Types that follow from schemas, so that no member is written twice.

import type * as z from "zod";

/** What a schema reads, as the gateway has it. Nothing in it is to be changed. */
export type Value<Schema extends z.ZodType> = Fixed<z.output<Schema>>;

/** The same as JSON has it: what a schema is read from, and what is sent. */
export type Json<Schema extends z.ZodType> = Fixed<z.input<Schema>>;

type Fixed<T> = T extends Uint8Array ? T
  : T extends readonly (infer Element)[] ? readonly Fixed<Element>[]
  : T extends object ? { readonly [Member in keyof T]: Fixed<T[Member]> }
  : T;
