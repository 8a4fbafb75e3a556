import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { parsePrefix, type Prefix } from "../model/prefix.ts";
import { createRouteSections } from "./route_sections.ts";
import { indexOf, ownerOf, TABLES_MAX } from "./route_tables.ts";

const OWNER = ownerOf(7);

function prefixes(...texts: readonly string[]): Prefix[] {
  return texts.map((text) => {
    const parsed = parsePrefix(text);
    if ("problem" in parsed) throw new RangeError(text);
    return parsed.value;
  });
}

function texts(
  change: { readonly routes: readonly { prefix: Prefix; table: number }[] },
): string[] {
  return change.routes.map(({ prefix, table }) => `${prefix.text} ${table - OWNER}`);
}

test("a route goes in with the first SA of a pair and out with the last", () => {
  const sections = createRouteSections(OWNER);
  const sa = { local: prefixes("10.1.0.0/16"), remote: prefixes("10.2.0.0/16", "10.3.0.0/16") };
  deepEqual(texts(sections.add(sa)), ["10.2.0.0/16 1", "10.3.0.0/16 1"]);
  deepEqual(texts(sections.add(sa)), []);
  deepEqual(texts(sections.remove(sa)), []);
  deepEqual(texts(sections.remove(sa)), ["10.2.0.0/16 1", "10.3.0.0/16 1"]);
  deepEqual(texts(sections.remove(sa)), []);
  deepEqual(sections.of(4), []);
});

test("each local has a table, which the next one takes when it is free", () => {
  const sections = createRouteSections(OWNER);
  const remote = prefixes("10.2.0.0/16");
  const add = (local: string): string[] => texts(sections.add({ local: prefixes(local), remote }));
  deepEqual([add("10.1.0.0/16"), add("10.4.0.0/16")], [["10.2.0.0/16 1"], ["10.2.0.0/16 2"]]);
  sections.remove({ local: prefixes("10.1.0.0/16"), remote });
  deepEqual(add("10.5.0.0/16"), ["10.2.0.0/16 1"]);
});

test("rules follow the lengths of remotes, and not each remote", () => {
  const sections = createRouteSections(OWNER);
  const local = prefixes("10.1.0.0/16");
  const planned = (change: "add" | "remove", remote: string): boolean =>
    sections[change]({ local, remote: prefixes(remote) }).isPlanned;
  deepEqual([planned("add", "10.2.0.1/32"), planned("add", "10.2.0.2/32")], [true, false]);
  deepEqual([planned("add", "10.3.0.0/24"), planned("remove", "10.2.0.1/32")], [true, false]);
  deepEqual([planned("remove", "10.2.0.2/32")], [true]);
  deepEqual([...sections.of(4)[0]?.lengths.keys() ?? []], [24]);
});

test("prefixes of the two families make no pairs", () => {
  const sections = createRouteSections(OWNER);
  const sa = { local: prefixes("10.1.0.0/16", "fd01::/16"), remote: prefixes("fd02::/16") };
  deepEqual(texts(sections.add(sa)), ["fd02::/16 1"]);
  deepEqual([sections.of(4).length, sections.of(16).length], [0, 1]);
});

test("a local that finds no table is refused, and the others are not", () => {
  const sections = createRouteSections(OWNER);
  const remote = prefixes("0.0.0.0/0");
  const locals = Array.from({ length: TABLES_MAX + 1 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  const changes = locals.map((local) => sections.add({ local: prefixes(local), remote }));
  deepEqual(changes.map(({ refused }) => refused.length).filter(Boolean), [1]);
  deepEqual(changes.at(-1)?.refused.map(({ text }) => text), ["10.3.231.0/24"]);
  sections.remove({ local: prefixes("10.3.231.0/24"), remote });
  deepEqual(sections.of(4).length, TABLES_MAX);
});

test("numbers of tables lead to the device and to nothing else", () => {
  deepEqual([ownerOf(7), ownerOf(7) + TABLES_MAX].map(indexOf), [7, 7]);
  deepEqual([254, ownerOf(0) - 1, 4_000_000_000].map(indexOf), [undefined, undefined, undefined]);
});
