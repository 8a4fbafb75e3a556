// Counts routes by prefix: a prefix has a route for as long as an outbound SA has it as `remote`.

import type { Prefix } from "../model/prefix.ts";

/** Routes that are wanted, each counted once for each SA. */
export interface Routes {
  /** Counts one SA more with these prefixes. */
  add(prefixes: readonly Prefix[]): void;
  /** Takes one earlier `add` of the same prefixes back. */
  remove(prefixes: readonly Prefix[]): void;
}

/** The kernel's table. */
export interface RouteTable {
  /** Adds one route; throws an Error that names it if the kernel refuses. */
  add(prefix: Prefix): void;
  /** Removes one route; throws as `add` does. */
  remove(prefix: Prefix): void;
  /** Hears what the kernel refused. The SA stays, because the host may route by other means. */
  failed(prefix: Prefix, reason: string): void;
}

/** A prefix of at least one SA. */
interface Wanted {
  count: number;
  /** The kernel has the route. */
  isInPlace: boolean;
}

/**
 * Makes a count without routes. The first SA of a prefix adds its route and the last one removes
 * it. When the kernel refuses a route, each further SA of the prefix tries again.
 */
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
    // The device may have been down before; a rekey tries again.
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
