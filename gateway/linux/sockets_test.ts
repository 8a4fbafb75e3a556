import assert from "node:assert/strict";
import { test } from "node:test";
import { addressText } from "../model/address.ts";
import { socketAddressText } from "../model/socket_address.ts";
import {
  closeAll,
  connectUdp,
  inet,
  LOCALHOST,
  LOCALHOST6,
  openTestKernel,
  receiveText,
  sendText,
  trackDescriptors,
  waitFor,
} from "../../tests/support/test_kernel.ts";
import {
  EAGAIN,
  ECONNREFUSED,
  EPOLLERR,
  EPOLLIN,
  LITTLE_ENDIAN,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SO_RCVBUF,
  SO_RXQ_OVFL,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "./constants.ts";
import { bindSocket, localAddress, openSocket, setOption, tcpInfoRtt } from "./sockets.ts";
import { emitSockaddr, type InetAddress } from "./structs.ts";

const kernel = openTestKernel();
const { libc, mapped } = kernel;

/** A UDP socket that anyone may send to. */
function openDaemon(octets: readonly number[]): number {
  const fd = openSocket(kernel, Uint8Array.from(octets), SOCK_DGRAM);
  bindSocket(kernel, fd, inet(octets, 0));
  return fd;
}

function connectTo(fd: number, remote: InetAddress): void {
  const sockaddr = emitSockaddr(remote);
  kernel.scratch.u8.set(sockaddr);
  assert.equal(libc.connect(fd, kernel.scratch.at(0), sockaddr.length), 0);
}

/**
 * Receives a datagram. Returns the count of lost datagrams that came with it, or 0 if it came
 * without one. Undefined if there is no datagram.
 */
function receiveCounted(fd: number): number | undefined {
  const { view, at } = kernel.scratch;
  const base = mapped.base + BigInt(view.byteOffset);
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(0);
  view.setBigUint64(IOV_AT, base + BigInt(DATA_AT), LITTLE_ENDIAN);
  view.setBigUint64(IOV_AT + 8, 64n, LITTLE_ENDIAN);
  view.setBigUint64(16, base + BigInt(IOV_AT), LITTLE_ENDIAN);
  view.setBigUint64(24, 1n, LITTLE_ENDIAN);
  view.setBigUint64(32, base + BigInt(CONTROL_AT), LITTLE_ENDIAN);
  view.setBigUint64(40, 32n, LITTLE_ENDIAN);
  if (libc.recvmsg(fd, at(0), MSG_DONTWAIT) < 0) {
    assert.equal(libc.errno(), EAGAIN);
    return undefined;
  }
  if (view.getBigUint64(40, LITTLE_ENDIAN) === 0n) return 0;
  assert.equal(view.getInt32(CONTROL_AT + 8, LITTLE_ENDIAN), SOL_SOCKET);
  assert.equal(view.getInt32(CONTROL_AT + 12, LITTLE_ENDIAN), SO_RXQ_OVFL);
  return view.getUint32(CONTROL_AT + 16, LITTLE_ENDIAN);
}

/** The scratch area holds a msghdr at 0. These are the offsets of its parts. */
const IOV_AT = 64;
const CONTROL_AT = 96;
const DATA_AT = 128;

/** A port of 127.0.0.1 that nobody uses. */
function closedPort(): number {
  const fd = openDaemon(LOCALHOST);
  const { port } = localAddress(kernel, fd);
  closeAll(libc, [fd]);
  return port;
}

test("connectUdp() sends from the source that it was given", () => {
  const daemon = openDaemon(LOCALHOST);
  const remote = localAddress(kernel, daemon);
  const fd = connectUdp(kernel, { remote, source: inet([127, 1, 2, 3], 0) });
  const source = localAddress(kernel, fd);
  assert.equal(addressText(source.octets), "127.1.2.3");
  sendText(kernel, fd, "to the daemon");
  waitFor(kernel, daemon, EPOLLIN);
  assert.equal(receiveText(kernel, daemon), "to the daemon");
  closeAll(libc, [daemon, fd]);
});

test("connectUdp() works over IPv6", () => {
  const daemon = openDaemon(LOCALHOST6);
  const fd = connectUdp(kernel, { remote: localAddress(kernel, daemon) });
  sendText(kernel, fd, "six");
  waitFor(kernel, daemon, EPOLLIN);
  assert.equal(receiveText(kernel, daemon), "six");
  assert.match(socketAddressText(localAddress(kernel, fd)), /^\[::1\]:\d+$/);
  closeAll(libc, [daemon, fd]);
});

test("connectUdp() surfaces a refusal as ECONNREFUSED on the next call", () => {
  const fd = connectUdp(kernel, { remote: inet(LOCALHOST, closedPort()) });
  sendText(kernel, fd, "anyone?");
  waitFor(kernel, fd, EPOLLERR);
  const result = libc.send(fd, kernel.scratch.at(0), 1, MSG_NOSIGNAL);
  assert.deepEqual([result, libc.errno()], [-1, ECONNREFUSED]);
  sendText(kernel, fd, "the error was told once");
  closeAll(libc, [fd]);
});

test("connectUdp() names a source that is not ours, and leaves nothing open", () => {
  const { kernel: tracking, open } = trackDescriptors(kernel);
  assert.throws(
    () => connectUdp(tracking, { remote: inet(LOCALHOST, 9), source: inet([192, 0, 2, 1], 500) }),
    { message: "Cannot bind 192.0.2.1:500: EADDRNOTAVAIL" },
  );
  assert.equal(open.size, 0);
});

test("connectUdp() learns how many datagrams the kernel has dropped", () => {
  const daemon = openDaemon(LOCALHOST);
  const fd = connectUdp(kernel, { remote: localAddress(kernel, daemon) });
  setOption(kernel, fd, { level: SOL_SOCKET, name: SO_RCVBUF, value: 1 });
  connectTo(daemon, localAddress(kernel, fd));
  const sent = 100;
  for (let i = 0; i < sent; i++) sendText(kernel, daemon, "an answer");
  let received = 0;
  while (receiveCounted(fd) !== undefined) received++;
  assert.ok(received > 0 && received < sent);
  // The count comes with the first datagram queued after the loss.
  sendText(kernel, daemon, "one more");
  assert.equal(receiveCounted(fd), sent - received);
  closeAll(libc, [daemon, fd]);
});

test("tcpInfoRtt() knows nothing of a socket without a connection", () => {
  const fd = openDaemon(LOCALHOST);
  assert.equal(tcpInfoRtt(kernel, fd), undefined);
  closeAll(libc, [fd]);
  assert.equal(tcpInfoRtt(kernel, -1), undefined);
});
