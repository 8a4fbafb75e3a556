// Types that follow from schemas, so that no member is written twice.

import type * as z from "zod";

/** The type of the values that a schema reads, in the gateway's form; all of it is read-only. */
export type Value<Schema extends z.ZodType> = Fixed<z.output<Schema>>;

/** The type of the same values in JSON's form, which is read and sent. */
export type Json<Schema extends z.ZodType> = Fixed<z.input<Schema>>;

type Fixed<T> = T extends Uint8Array ? T
  : T extends readonly (infer Element)[] ? readonly Fixed<Element>[]
  : T extends object ? { readonly [Member in keyof T]: Fixed<T[Member]> }
  : T;
