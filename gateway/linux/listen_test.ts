import assert from "node:assert/strict";
import { test } from "node:test";
import {
  acceptNow,
  acceptOne,
  closeAll,
  congestionOf,
  connectTcp,
  inet,
  LOCALHOST,
  LOCALHOST6,
  openTestKernel,
  optionOf,
  receiveText,
  refuseOption,
  sendText,
  trackDescriptors,
  waitFor,
} from "../../tests/support/test_kernel.ts";
import {
  EPOLLIN,
  EPOLLOUT,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SO_KEEPALIVE,
  SO_REUSEPORT,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
  TCP_USER_TIMEOUT,
  UDP_SEGMENT,
} from "./constants.ts";
import { expectDone } from "./kernel.ts";
import { listenTcp } from "./listen.ts";
import {
  checkTcpOptions,
  knowsUdpSegment,
  openSocket,
  setNotSentLowat,
  tcpInfoRtt,
  type TcpOptions,
} from "./sockets.ts";

const kernel = openTestKernel();
const { libc } = kernel;
/** The system's own settings. */
const SYSTEM: TcpOptions = { congestion: null, keepaliveS: 0 };
const ANY6 = new Array<number>(16).fill(0);

for (const host of [LOCALHOST, LOCALHOST6]) {
  test(`listenTcp() serves connections on ${host.length * 8}-bit addresses`, () => {
    const { fds: [listener = -1], address } = listenTcp(kernel, {
      address: inet(host, 0),
      tcp: SYSTEM,
      count: 1,
    });
    setNotSentLowat(kernel, listener, 131_072);
    const client = connectTcp(kernel, address);
    const { fd, peer } = acceptOne(kernel, listener);
    assert.match(peer, host === LOCALHOST ? /^127\.0\.0\.1:\d+$/ : /^\[::1\]:\d+$/);
    sendText(kernel, client, "request");
    waitFor(kernel, fd, EPOLLIN);
    sendText(kernel, fd, `answer to ${receiveText(kernel, fd)}`);
    waitFor(kernel, client, EPOLLIN);
    assert.equal(receiveText(kernel, client), "answer to request");
    assert.ok((tcpInfoRtt(kernel, fd) ?? 0) > 0);
    // An accepted connection has the options of its listener.
    assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_NODELAY }), 1);
    assert.equal(optionOf(kernel, fd, { level: SOL_SOCKET, name: SO_KEEPALIVE }), 0);
    assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_NOTSENT_LOWAT }), 131_072);
    closeAll(libc, [client, fd, listener]);
  });
}

test("listenTcp() gives what it accepts the options of the listener", () => {
  const { fds: [listener = -1], address } = listenTcp(kernel, {
    address: inet(LOCALHOST, 0),
    count: 1,
    // Every Linux has reno, and lets everybody use it.
    tcp: { congestion: "reno", keepaliveS: 60 },
  });
  const client = connectTcp(kernel, address);
  const { fd } = acceptOne(kernel, listener);
  assert.equal(congestionOf(kernel, fd), "reno");
  assert.equal(optionOf(kernel, fd, { level: SOL_SOCKET, name: SO_KEEPALIVE }), 1);
  assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_KEEPIDLE }), 60);
  assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_KEEPINTVL }), 15);
  assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_KEEPCNT }), 4);
  assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_USER_TIMEOUT }), 120_000);
  closeAll(libc, [client, fd, listener]);
});

test("listenTcp() and checkTcpOptions() name a congestion control that is missing", () => {
  const { kernel: tracking, open } = trackDescriptors(kernel);
  const tcp: TcpOptions = { congestion: "none-such", keepaliveS: 1 };
  const message = 'Cannot use congestion control "none-such": ENOENT ' +
    "(net.ipv4.tcp_available_congestion_control lists the available ones)";
  const address = inet(LOCALHOST, 0);
  assert.throws(() => listenTcp(tracking, { address, count: 1, tcp }), { message });
  assert.throws(() => checkTcpOptions(tracking, tcp), { message });
  checkTcpOptions(tracking, SYSTEM);
  assert.equal(open.size, 0);
});

test("listenTcp() spreads connections over its listeners", () => {
  const { fds, address } = listenTcp(kernel, {
    address: inet(LOCALHOST, 0),
    tcp: SYSTEM,
    count: 2,
  });
  const clients = Array.from({ length: 64 }, () => connectTcp(kernel, address));
  for (const client of clients) waitFor(kernel, client, EPOLLOUT);
  const counts = fds.map((listener) => {
    let count = 0;
    for (
      let got = acceptNow(kernel, listener);
      got !== undefined;
      got = acceptNow(kernel, listener)
    ) {
      closeAll(libc, [got.fd]);
      count++;
    }
    return count;
  });
  assert.equal(counts.reduce((sum, count) => sum + count, 0), clients.length);
  assert.ok(counts.every((count) => count > 0), `${counts}`);
  closeAll(libc, [...clients, ...fds]);
});

test("listenTcp() notices a second gateway on its port, and leaves nothing open", () => {
  const { fds, address } = listenTcp(kernel, {
    address: inet(LOCALHOST, 0),
    tcp: SYSTEM,
    count: 2,
  });
  const { kernel: tracking, open } = trackDescriptors(kernel);
  assert.throws(() => listenTcp(tracking, { address, tcp: SYSTEM, count: 2 }), {
    message: `Cannot bind 127.0.0.1:${address.port}: EADDRINUSE`,
  });
  assert.equal(open.size, 0);
  closeAll(libc, fds);
});

test("listenTcp() takes a port on which connections of an earlier run linger", () => {
  const { fds: [listener = -1], address } = listenTcp(kernel, {
    address: inet(LOCALHOST, 0),
    tcp: SYSTEM,
    count: 1,
  });
  const client = connectTcp(kernel, address);
  const { fd } = acceptOne(kernel, listener);
  // The side that closes first keeps the port in TIME_WAIT.
  closeAll(libc, [fd, client, listener]);
  const again = listenTcp(kernel, { address, tcp: SYSTEM, count: 2 });
  assert.deepEqual(again.address, address);
  closeAll(libc, again.fds);
});

test("listenTcp() on [::] accepts IPv4, unless another listener has it", () => {
  const both = listenTcp(kernel, { address: inet(ANY6, 0), tcp: SYSTEM, count: 1 });
  const [listener = -1] = both.fds;
  const { port } = both.address;
  const client = connectTcp(kernel, inet(LOCALHOST, port));
  const { fd, peer } = acceptOne(kernel, listener);
  assert.match(peer, /^127\.0\.0\.1:\d+$/);
  assert.throws(
    () => listenTcp(kernel, { address: inet([0, 0, 0, 0], port), tcp: SYSTEM, count: 1 }),
    {
      message: `Cannot bind 0.0.0.0:${port}: EADDRINUSE`,
    },
  );
  closeAll(libc, [client, fd, listener]);

  const v4 = listenTcp(kernel, { address: inet([0, 0, 0, 0], port), tcp: SYSTEM, count: 1 });
  const v6 = listenTcp(kernel, {
    address: inet(ANY6, port),
    tcp: SYSTEM,
    count: 1,
    isV6Only: true,
  });
  closeAll(libc, [...v4.fds, ...v6.fds]);
});

test("listenTcp() names an address that is not ours", () => {
  assert.throws(
    () => listenTcp(kernel, { address: inet([192, 0, 2, 1], 4500), tcp: SYSTEM, count: 1 }),
    {
      message: "Cannot bind 192.0.2.1:4500: EADDRNOTAVAIL",
    },
  );
});

test("expectDone() reads errno of the call before it", () => {
  assert.throws(() => expectDone(libc, libc.close(-1), "Cannot close"), {
    message: "Cannot close: EBADF",
  });
  assert.equal(expectDone(libc, 7, "Cannot fail"), 7);
});

test("listenTcp() does without the options that the kernel refuses, and tells each", () => {
  const cases = [
    { level: IPPROTO_TCP, name: TCP_NODELAY, call: "tcp_nodelay" },
    { level: SOL_SOCKET, name: SO_KEEPALIVE, call: "tcp_keepalive" },
    { level: IPPROTO_TCP, name: TCP_KEEPIDLE, call: "tcp_keepalive" },
    { level: IPPROTO_TCP, name: TCP_USER_TIMEOUT, call: "tcp_user_timeout" },
  ];
  for (const { level, name, call } of cases) {
    const { kernel: refusing, refused } = refuseOption(kernel, level, name);
    const tcp: TcpOptions = { congestion: "reno", keepaliveS: 60 };
    const { fds, address } = listenTcp(refusing, { address: inet(LOCALHOST, 0), count: 1, tcp });
    const client = connectTcp(kernel, address);
    const { fd } = acceptOne(kernel, fds[0] ?? -1);
    assert.equal(congestionOf(kernel, fd), "reno");
    assert.deepEqual(refused, [{ call, reason: "EBADF" }]);
    closeAll(libc, [client, fd, ...fds]);
  }
});

test("setNotSentLowat() and knowsUdpSegment() tell what the kernel refuses", () => {
  const { kernel: refusing, refused } = refuseOption(kernel, IPPROTO_TCP, TCP_NOTSENT_LOWAT);
  const fd = openSocket(refusing, new Uint8Array(4), SOCK_STREAM);
  setNotSentLowat(refusing, fd, 32_768);
  assert.deepEqual(refused, [{ call: "tcp_notsent_lowat", reason: "EBADF" }]);
  closeAll(libc, [fd]);
  const old = refuseOption(kernel, IPPROTO_UDP, UDP_SEGMENT);
  const { kernel: tracking, open } = trackDescriptors(old.kernel);
  assert.ok(!knowsUdpSegment(tracking));
  assert.deepEqual(old.refused, [{ call: "udp_segment", reason: "EBADF" }]);
  assert.ok(knowsUdpSegment(kernel));
  assert.equal(open.size, 0);
});

test("listenTcp() needs to share a port for several lanes only", () => {
  const { kernel: refusing } = refuseOption(kernel, SOL_SOCKET, SO_REUSEPORT);
  const options = { address: inet(LOCALHOST, 0), tcp: SYSTEM };
  const { fds, address } = listenTcp(refusing, { ...options, count: 1 });
  assert.throws(() => listenTcp(refusing, { address, tcp: SYSTEM, count: 1 }), {
    message: `Cannot bind 127.0.0.1:${address.port}: EADDRINUSE`,
  });
  assert.throws(() => listenTcp(refusing, { ...options, count: 2 }), {
    message: "Cannot share a port among lanes: EBADF",
  });
  closeAll(libc, fds);
});
