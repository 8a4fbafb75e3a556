// The schemas of the answers and the types of what is answered are written twice, since nothing of the shell may depend on the API. Here the
// compiler holds them against each other, member by member and both ways.

import { ok } from "node:assert/strict";
import { test } from "node:test";
import type * as z from "zod";
import type { ConnectionView, GatewayStatus, Totals } from "../model/types.ts";
import type { saJson } from "./sas.ts";
import type { CONNECTION, SA, STATUS, TOTALS } from "./schemas.ts";

/** A type as it is answered: read-only, and without the members unknown that a loose schema lets pass. */
type Plain<T> = T extends readonly (infer E)[] ? readonly Plain<E>[]
  : T extends object ? {
      readonly [
        K in keyof T as string extends K ? unknown extends T[K] ? never : K : K
      ]: Plain<T[K]>;
    }
  : T;

type Same<A, B> = [Plain<A>, Plain<B>] extends [Plain<B>, Plain<A>]
  ? Exclude<keyof Plain<A>, keyof Plain<B>> | Exclude<keyof Plain<B>, keyof Plain<A>> extends never
    ? true
  : false
  : false;

test("the schemas of the answers have the types of what is answered", () => {
  const totals: Same<Totals, z.output<typeof TOTALS>> = true;
  const status: Same<GatewayStatus, z.output<typeof STATUS>> = true;
  const connection: Same<ConnectionView, z.output<typeof CONNECTION>> = true;
  const sa: Same<ReturnType<typeof saJson>, z.output<typeof SA>> = true;
  ok(totals && status && connection && sa);
});
