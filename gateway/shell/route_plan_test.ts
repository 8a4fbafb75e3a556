import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { AF_INET, AF_INET6, FR_ACT_GOTO, FR_ACT_TO_TBL } from "../linux/constants.ts";
import { type Rule, ruleKey } from "../linux/rules.ts";
import { parsePrefix, type Prefix } from "../model/prefix.ts";
import { holds, listenerFlows, type PlanInput, planRules, PRIORITIES } from "./route_plan.ts";

const FIRST = 9000;
const INPUT: PlanInput = {
  family: AF_INET,
  first: FIRST,
  owner: 5000,
  mark: 77,
  device: "cv0",
  sections: [],
  addresses: { tun: [], other: [], outer: [] },
  flows: listenerFlows({ octets: new Uint8Array(16), port: 4500 }),
};

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if ("problem" in parsed) throw new RangeError(text);
  return parsed.value;
}

function plan(
  locals: Readonly<Record<string, readonly number[]>>,
  more: Partial<PlanInput> = {},
): readonly Rule[] {
  const sections = Object.entries(locals).map(([text, lengths], at) => ({
    ...{ local: prefix(text), lengths },
    table: 5001 + at,
  }));
  return planRules({ ...INPUT, sections, ...more });
}

function octets(text: string): Uint8Array {
  return prefix(text).octets;
}

/** Rules that look in tables, in the order in which packets meet them. */
function lookups(rules: readonly Rule[]): string[] {
  return rules.filter(({ action }) => action === FR_ACT_TO_TBL)
    .toSorted((a, b) => a.priority - b.priority)
    .map(({ from, table, suppress }) => `${from?.octets.join(".")} ${table} ${suppress}`);
}

test("without sections there are no rules", () => {
  deepEqual(plan({}), []);
});

test("main and the table take turns from the longest remote to the shortest", () => {
  deepEqual(lookups(plan({ "10.1.0.0/16": [0, 24, 32] })), [
    "10.1.0.0 5001 31",
    "10.1.0.0 254 24",
    "10.1.0.0 5001 23",
    "10.1.0.0 254 0",
    "10.1.0.0 5001 undefined",
  ]);
});

test("everything in halves is everything", () => {
  const addresses = { tun: [], other: [octets("203.0.113.1")], outer: [octets("203.0.113.1")] };
  const rules = plan({ "128.0.0.0/1": [1], "10.1.0.0/16": [1] }, { addresses });
  const past = rules.find(({ from }) =>
    from?.octets.join(".") === "203.0.113.1" && from.bits === 32
  );
  const inside = rules.filter(({ action }) => action === FR_ACT_TO_TBL);
  equal(inside.length, 4);
  ok(inside.every(({ priority }) => priority > (past?.priority ?? Infinity)));
});

test("packets without a source have rules only if the TUN has an address in the local", () => {
  const addresses = { tun: [octets("10.1.0.1")], other: [], outer: [] };
  const unbound = (local: string): number =>
    lookups(plan({ [local]: [24] }, { addresses })).filter((rule) => rule.startsWith("0.0.0.0"))
      .length;
  deepEqual([unbound("10.1.0.0/16"), unbound("10.2.0.0/16")], [2, 0]);
});

test("every rule lies within its priorities, and leads to a rule that is there and comes later", () => {
  for (
    const [family, local, own] of [
      [AF_INET, "0.0.0.0/0", "10.1.0.1"],
      [AF_INET6, "::/0", "fd01::1"],
    ] as const
  ) {
    const bits = Array.from({ length: family === AF_INET ? 33 : 129 }, (_, at) => at);
    const addresses = { tun: [octets(own)], other: [octets(own)], outer: [octets(own)] };
    const rules = plan({ [local]: bits, [`${own}/${bits.length - 1}`]: bits }, {
      family,
      addresses,
    });
    const there = new Set(rules.map(({ priority }) => priority));
    for (const { priority, action, target = 0 } of rules) {
      ok(priority >= FIRST && priority < FIRST + PRIORITIES, String(priority));
      ok(action !== FR_ACT_GOTO || target > priority && there.has(target), String(target));
    }
    equal(new Set(rules.map(ruleKey)).size, rules.length);
  }
});

test("rules that others lead to come first, and those that lead inside last", () => {
  const rules = plan({ "0.0.0.0/0": [0, 24] });
  const actions = rules.map(({ action }) => action);
  const last = actions.lastIndexOf(FR_ACT_GOTO);
  ok(last > 0 && actions.slice(last + 1).every((action) => action === FR_ACT_TO_TBL));
});

test("flows of our own have rules only where a local holds an address of the host", () => {
  const flows = (local: string): number =>
    plan({ [local]: [24] }, {
      addresses: { tun: [], other: [octets("203.0.113.1")], outer: [] },
    }).filter(({ sourcePort }) => sourcePort === 4500).length;
  deepEqual([flows("10.1.0.0/16"), flows("0.0.0.0/0"), flows("203.0.113.0/24")], [0, 1, 1]);
});

test("holds() compares the bits of the prefix", () => {
  const held = ["10.1.2.0/23", "10.1.2.0/24", "0.0.0.0/0", "10.1.3.255/32", "::/0"]
    .map((text) => holds(prefix(text), octets("10.1.3.255")));
  deepEqual(held, [true, false, true, true, false]);
});
