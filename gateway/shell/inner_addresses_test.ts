import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { address } from "../../tests/support/parsed.ts";
import { keepInnerAddresses } from "./inner_addresses.ts";

test("a new address comes before the old one goes, and what others made stays", () => {
  const done: string[] = [];
  const there = new Set(["10.0.0.9"]);
  const addresses = keepInnerAddresses({
    add({ text }): boolean {
      done.push(`+${text}`);
      return !there.has(text);
    },
    remove: ({ text }) => void done.push(`-${text}`),
    failed: (reason) => void done.push(reason),
  });
  addresses.use([address("10.0.0.1"), address("2001:db8::1")]);
  addresses.use([address("10.0.0.1")]);
  addresses.use([address("10.0.0.2"), address("10.0.0.9")]);
  addresses.close();
  addresses.close();
  deepEqual(done, [
    ...["+10.0.0.1", "+2001:db8::1", "-2001:db8::1"],
    ...["+10.0.0.2", "+10.0.0.9", "-10.0.0.1", "-10.0.0.2"],
  ]);
});

test("a refusal is told, and keeps nothing from being done", () => {
  const done: string[] = [];
  const fail = (reason: string): never => {
    throw new Error(reason);
  };
  const addresses = keepInnerAddresses({
    add: ({ text }) => text === "10.0.0.1" ? fail("Cannot add: EPERM") : true,
    remove: () => fail("Cannot remove: EPERM"),
    failed: (reason) => void done.push(reason),
  });
  addresses.use([address("10.0.0.1"), address("10.0.0.2")]);
  addresses.close();
  deepEqual(done, ["Cannot add: EPERM", "Cannot remove: EPERM"]);
});
