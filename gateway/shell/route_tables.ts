// Numbers of routing tables. Each gateway has a thousand, found from its TUN's interface index: no
// other device of the host has that at the same time, so neither has another gateway. The first
// number is the owner's, which all its rules carry; the others are tables.

import type { Rule } from "../linux/rules.ts";
import { RT_TABLE_MAIN } from "../linux/constants.ts";

/** The first number of all: 932,900,000. The last is 1,932,899,999. */
const FIRST = 932_900_000;
const PER_GATEWAY = 1000;
const INDICES = 1_000_000;

/** Most tables of a gateway. */
export const TABLES_MAX: number = PER_GATEWAY - 1;

/** The owner's number of a gateway with this TUN. */
export function ownerOf(index: number): number {
  return FIRST + (index % INDICES) * PER_GATEWAY;
}

/** The interface index that a number of a table or owner stands for; undefined for all others. */
export function indexOf(table: number): number | undefined {
  const index = Math.floor((table - FIRST) / PER_GATEWAY);
  return index >= 0 && index < INDICES ? index : undefined;
}

/** The interface index of the TUN that a rule belongs to; undefined if it is not ours. */
export function ruleIndex({ table, mark }: Rule): number | undefined {
  return indexOf(table === RT_TABLE_MAIN && mark?.mask === 0 ? mark.value : table);
}
