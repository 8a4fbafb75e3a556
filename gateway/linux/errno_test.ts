import assert from "node:assert/strict";
import { test } from "node:test";
import * as constants from "./constants.ts";
import { errnoName, failed } from "./errno.ts";

test("errnoName() agrees with every errno constant", () => {
  const errnos = Object.entries(constants).filter(([name]) =>
    /^E[A-Z]+$/.test(name) && !/^E(POLL|FD)/.test(name)
  );
  assert.ok(errnos.length > 20);
  for (const [name, value] of errnos) assert.equal(errnoName(Number(value)), name);
});

test("errnoName() knows the ends of the table, and writes unknown numbers as numbers", () => {
  assert.equal(errnoName(1), "EPERM");
  assert.equal(errnoName(40), "ELOOP");
  assert.equal(errnoName(42), "ENOMSG");
  assert.equal(errnoName(133), "EHWPOISON");
  for (const none of [0, 41, 58, 134]) assert.equal(errnoName(none), `errno ${none}`);
});

test("failed() says action, errno and hint", () => {
  assert.equal(
    failed("Cannot bind 127.0.0.1:4500", constants.EADDRINUSE).message,
    "Cannot bind 127.0.0.1:4500: EADDRINUSE",
  );
  assert.equal(
    failed('Cannot open TUN "ipsec0"', constants.EPERM, "needs CAP_NET_ADMIN").message,
    'Cannot open TUN "ipsec0": EPERM (needs CAP_NET_ADMIN)',
  );
});
