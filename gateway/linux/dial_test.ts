import assert from "node:assert/strict";
import { test } from "node:test";
import {
  acceptOne,
  closeAll,
  congestionOf,
  inet,
  LOCALHOST,
  LOCALHOST6,
  openTestKernel,
  optionOf,
  refuseOption,
  remoteFlowLabel,
} from "../../tests/support/test_kernel.ts";
import {
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_FL_S_EXCL,
  IPV6_FLOWINFO_SEND,
  IPV6_FLOWLABEL_MGR,
  SO_KEEPALIVE,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_KEEPIDLE,
  TCP_NODELAY,
  TCP_USER_TIMEOUT,
} from "./constants.ts";
import { dialTcp } from "./dial.ts";
import { listenTcp } from "./listen.ts";
import { leaseFlowLabel } from "./flow_label.ts";
import { openSocket, type TcpOptions } from "./sockets.ts";

const kernel = openTestKernel();

test("dialTcp() connects with the options that it was given", async () => {
  const tcp: TcpOptions = { congestion: "reno", keepaliveS: 60 };
  const { fds, address } = listenTcp(kernel, {
    address: inet(LOCALHOST, 0),
    count: 1,
    tcp: { congestion: null, keepaliveS: 0 },
  });
  const { signal } = new AbortController();
  const fd = await dialTcp(kernel, address, { timeoutMs: 2000, signal, tcp, flowLabel: 0 });
  assert.equal(congestionOf(kernel, fd), "reno");
  assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_NODELAY }), 1);
  assert.equal(optionOf(kernel, fd, { level: SOL_SOCKET, name: SO_KEEPALIVE }), 1);
  assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_KEEPIDLE }), 60);
  assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_USER_TIMEOUT }), 120_000);
  closeAll(kernel.libc, [fd, ...fds]);
});

test("dialTcp() gives connections their flow label, even if others hold labels", async () => {
  const tcp: TcpOptions = { congestion: null, keepaliveS: 0 };
  const { fds: [listener = -1], address } = listenTcp(kernel, {
    address: inet(LOCALHOST6, 0),
    count: 1,
    tcp,
  });
  const { signal } = new AbortController();
  // From here on, the kernel requires a lease for each label.
  const other = openSocket(kernel, address.octets, SOCK_STREAM);
  leaseFlowLabel(kernel, other, { to: address.octets, label: 0x12345, share: IPV6_FL_S_EXCL });
  for (const flowLabel of [0xabcde, 0xabcde, 0xfffff, 1]) {
    const fd = await dialTcp(kernel, address, { timeoutMs: 2000, signal, tcp, flowLabel });
    const { fd: accepted } = acceptOne(kernel, listener);
    assert.equal(remoteFlowLabel(kernel, accepted), flowLabel);
    closeAll(kernel.libc, [fd, accepted]);
  }
  closeAll(kernel.libc, [listener, other]);
});

test("dialTcp() connects without a flow label where the kernel refuses it, and tells it", async () => {
  const tcp: TcpOptions = { congestion: null, keepaliveS: 0 };
  const { fds: [listener = -1], address } = listenTcp(kernel, {
    address: inet(LOCALHOST6, 0),
    count: 1,
    tcp,
  });
  const { signal } = new AbortController();
  for (const option of [IPV6_FLOWLABEL_MGR, IPV6_FLOWINFO_SEND]) {
    const { kernel: refusing, refused } = refuseOption(kernel, IPPROTO_IPV6, option);
    const options = { timeoutMs: 2000, signal, tcp, flowLabel: 0xabcde };
    const fd = await dialTcp(refusing, address, options);
    const { fd: accepted } = acceptOne(kernel, listener);
    assert.notEqual(remoteFlowLabel(kernel, accepted), 0xabcde);
    assert.deepEqual(refused, [{ call: "flow_label", reason: "EBADF" }]);
    closeAll(kernel.libc, [fd, accepted]);
  }
  closeAll(kernel.libc, [listener]);
});
