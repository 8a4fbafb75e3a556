// Routes into the TUN: one for each `remote` of the outbound SAs, for as long as one of them has it.

import type { Prefix } from "./types.ts";

/** Routes of the TUN by prefix. */
export interface Routes {
  add(prefixes: readonly Prefix[]): void;
  remove(prefixes: readonly Prefix[]): void;
}

export interface RouteTable {
  /** Adds or removes one route; throws an Error that names it if the kernel refuses. */
  add(prefix: Prefix): void;
  remove(prefix: Prefix): void;
  /** What the kernel refused, for the log: the SA stands all the same, as the host may route by other means. */
  failed(prefix: Prefix, reason: string): void;
}

/** Counts the SAs of each prefix; the table is changed by the first and the last. */
export function createRoutes(table: RouteTable): Routes {
  const counts = new Map<string, number>();

  function change(prefix: Prefix, by: 1 | -1): void {
    const before = counts.get(prefix.text) ?? 0;
    const after = before + by;
    if (after <= 0) counts.delete(prefix.text);
    else counts.set(prefix.text, after);
    try {
      if (before === 0 && by === 1) table.add(prefix);
      if (after === 0) table.remove(prefix);
    } catch (error) {
      table.failed(prefix, error instanceof Error ? error.message : String(error));
    }
  }

  return {
    add: (prefixes) => prefixes.forEach((prefix) => change(prefix, 1)),
    remove: (prefixes) => prefixes.forEach((prefix) => change(prefix, -1)),
  };
}
