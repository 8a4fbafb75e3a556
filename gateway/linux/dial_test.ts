import assert from "node:assert/strict";
import { test } from "node:test";
import { IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPIDLE, TCP_NODELAY } from "./constants.ts";
import { dialTcp } from "./dial.ts";
import { listenTcp } from "./listen.ts";
import type { TcpOptions } from "./sockets.ts";
import {
  closeAll,
  congestionOf,
  inet,
  LOCALHOST,
  openTestKernel,
  optionOf,
} from "./test_kernel.ts";

const kernel = openTestKernel();

test("dialTcp() connects with the options that it was given", async () => {
  const tcp: TcpOptions = { congestion: "reno", keepaliveS: 60 };
  const { fds, address } = listenTcp(kernel, {
    address: inet(LOCALHOST, 0),
    count: 1,
    tcp: { congestion: null, keepaliveS: 0 },
  });
  const { signal } = new AbortController();
  const fd = await dialTcp(kernel, address, { timeoutMs: 2000, signal, tcp });
  assert.equal(congestionOf(kernel, fd), "reno");
  assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_NODELAY }), 1);
  assert.equal(optionOf(kernel, fd, { level: SOL_SOCKET, name: SO_KEEPALIVE }), 1);
  assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_KEEPIDLE }), 60);
  closeAll(kernel.libc, [fd, ...fds]);
});
