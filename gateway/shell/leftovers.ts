// What an earlier gateway has left behind, because it could not end by itself.

import { AF_INET, AF_INET6 } from "../linux/constants.ts";
import type { Kernel } from "../linux/kernel.ts";
import { listLinks } from "../linux/links.ts";
import { listRoutes, OUR_PROTOCOL, removeRoute } from "../linux/routes.ts";
import { listOurRules, removeRule } from "../linux/rules.ts";
import { indexOf, ruleIndex } from "./route_tables.ts";

/** How many rules and routes were removed. */
export interface Leftovers {
  readonly rules: number;
  readonly routes: number;
}

/**
 * Removes rules and routes of gateways whose TUN is gone, and of those that had this TUN before:
 * nobody else can have it now. Only what has our protocol number and lies in one of our tables is
 * touched.
 *
 * @param kernel With a window of 32 KiB
 * @param index Interface index of the TUN
 */
export function removeLeftovers(kernel: Kernel, index: number): Leftovers {
  const left = { rules: 0, routes: 0 };
  const live = new Set(listLinks(kernel).map((link) => link.index));
  live.delete(index);
  for (const family of [AF_INET, AF_INET6]) {
    const octetsLen = family === AF_INET ? 4 : 16;
    for (const rule of listOurRules(kernel, family)) {
      const owner = ruleIndex(rule);
      if (owner === undefined || live.has(owner)) continue;
      if (removeRule(kernel, rule) === "removed") left.rules++;
    }
    for (const route of listRoutes(kernel, { family, of: { index } })) {
      const { table, bits, protocol, octets = new Uint8Array(octetsLen) } = route;
      if (protocol !== OUR_PROTOCOL || indexOf(table) === undefined) continue;
      if (removeRoute(kernel, { octets, bits, index, table }) === "removed") left.routes++;
    }
  }
  return left;
}
