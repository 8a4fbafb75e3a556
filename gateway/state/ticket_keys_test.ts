import { deepEqual, equal, notDeepEqual, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { createFakeFolder } from "../../tests/fakes/private_folder.ts";
import { openTicketKeys, TICKET_MS, type TicketKeys } from "./ticket_keys.ts";

const DAY_MS = 86_400_000;

function createScene(): {
  readonly files: Map<string, Uint8Array>;
  open(): Promise<TicketKeys>;
  pass(ms: number): void;
} {
  const files = new Map<string, Uint8Array>();
  let now = Date.parse("2026-11-30T00:00:00Z");
  return {
    files,
    open: () =>
      openTicketKeys({
        folder: createFakeFolder("/state", files),
        random: (octets) => void crypto.getRandomValues(octets),
        date: () => new Date(now),
      }),
    pass: (ms) => void (now += ms),
  };
}

test("the keys of tickets outlive a restart", async () => {
  const { open } = createScene();
  const before = (await open()).keys();
  equal(before.length, 1);
  equal(before[0]?.key.length, 32);
  deepEqual((await open()).keys(), before);
});

test("another key seals after a day, and the old one opens until its last ticket", async () => {
  const { open, pass } = createScene();
  const keys = await open();
  const [first] = keys.keys();
  pass(DAY_MS - 1);
  ok(!keys.isDue());
  pass(1);
  ok(keys.isDue());
  await keys.renew();
  const [second, ...old] = keys.keys();
  notDeepEqual(second, first);
  deepEqual(old, [first]);
  pass(TICKET_MS);
  await keys.renew();
  deepEqual(keys.keys().slice(1), [second], "the first one is gone");
  ok(first?.key.every((octet) => octet === 0));
});

test("a key of the future does not seal", async () => {
  const { open, pass } = createScene();
  const keys = await open();
  pass(-1000);
  ok(keys.isDue());
  await keys.renew();
  equal(keys.keys().length, 2);
});

test("a damaged file of keys is told", async () => {
  const { files, open } = createScene();
  for (const text of ["{", '{"keys":[{"id":1,"key":"AAAA","createdAt":"2026-11-30T00:00:00Z"}]}']) {
    files.set("tickets.json", new TextEncoder().encode(text));
    await rejects(open(), /^DamagedFileError: Cannot read \/state\/tickets.json: it is damaged/);
  }
});
