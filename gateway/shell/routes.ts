// Routes into the TUN: one for each `remote` of the outbound SAs, for as long as one of them has it.

import type { Prefix } from "../model/prefix.ts";

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

/** A prefix that SAs have. */
interface Wanted {
  count: number;
  /** The kernel has taken the route. */
  isInPlace: boolean;
}

/** Counts the SAs of each prefix; the table is changed by the first and the last, and by each until the kernel has taken the route. */
export function createRoutes(table: RouteTable): Routes {
  const wanted = new Map<string, Wanted>();

  /** Whether the kernel did it. */
  function tryTo(change: "add" | "remove", prefix: Prefix): boolean {
    try {
      table[change](prefix);
      return true;
    } catch (error) {
      table.failed(prefix, error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  function add(prefix: Prefix): void {
    const route = wanted.get(prefix.text) ?? { count: 0, isInPlace: false };
    wanted.set(prefix.text, route);
    route.count++;
    // The device may have been down before: a rekey is a new try.
    route.isInPlace ||= tryTo("add", prefix);
  }

  function remove(prefix: Prefix): void {
    const route = wanted.get(prefix.text);
    if (route === undefined || --route.count > 0) return;
    wanted.delete(prefix.text);
    if (route.isInPlace) tryTo("remove", prefix);
  }

  return {
    add: (prefixes) => prefixes.forEach(add),
    remove: (prefixes) => prefixes.forEach(remove),
  };
}
