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
import type { RefusedCall } from "../model/better_call.ts";
import { createOwnLabel, leaseFlowLabel, OWN_LABEL_MAX, type OwnLabel } from "./flow_label.ts";
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
  const fd = await dialTcp(kernel, address, { timeoutMs: 2000, signal, tcp, ownLabel: null });
  assert.equal(congestionOf(kernel, fd), "reno");
  assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_NODELAY }), 1);
  assert.equal(optionOf(kernel, fd, { level: SOL_SOCKET, name: SO_KEEPALIVE }), 1);
  assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_KEEPIDLE }), 60);
  assert.equal(optionOf(kernel, fd, { level: IPPROTO_TCP, name: TCP_USER_TIMEOUT }), 120_000);
  closeAll(kernel.libc, [fd, ...fds]);
});

test("dialTcp() gives connections their flow label, even if others hold labels", async () => {
  await withHolder(async ({ held, labelOfNext, refused }) => {
    const ownLabel = createOwnLabel(Math.random);
    for (const label of [anyLabelBut(held), OWN_LABEL_MAX, 1]) {
      ownLabel.label = label;
      assert.equal(await labelOfNext(ownLabel), label);
      assert.equal(await labelOfNext(ownLabel), label);
    }
    assert.deepEqual(refused, []);
  });
});

test("T48: a label that somebody else holds gives way to another one, once for all", async () => {
  await withHolder(async ({ held, labelOfNext, refused }) => {
    const free = anyLabelBut(held);
    const drawn = [held, held, free, held];
    const ownLabel = createOwnLabel(() => fractionOf(drawn.shift() ?? held));
    for (let i = 0; i < 3; i++) assert.equal(await labelOfNext(ownLabel), free);
    assert.deepEqual(refused, []);
    assert.deepEqual(drawn, [held]);
  });
});

test("a connection for which the kernel lets no label be had goes without", async () => {
  await withHolder(async ({ held, labelOfNext, refused }) => {
    const ownLabel = createOwnLabel(() => fractionOf(held));
    assert.notEqual(await labelOfNext(ownLabel), held);
    assert.deepEqual(refused.splice(0), [{ call: "flow_label", reason: "EPERM" }]);
    // The next one asks again.
    ownLabel.label = anyLabelBut(held);
    assert.equal(await labelOfNext(ownLabel), ownLabel.label);
    assert.deepEqual(refused, []);
  });
});

interface Holder {
  /** A label that another socket holds exclusively. */
  readonly held: number;
  /** Dials, and returns the label under which the connection has come. */
  labelOfNext(ownLabel: OwnLabel): Promise<number>;
  /** Calls that the kernel was told to have refused. */
  readonly refused: RefusedCall[];
}

/**
 * From here on, the kernel requires a lease for each label. It keeps the exclusive one for a while
 * after its socket, so each call holds another one.
 */
async function withHolder(run: (holder: Holder) => Promise<void>): Promise<void> {
  const tcp: TcpOptions = { congestion: null, keepaliveS: 0 };
  const { fds: [listener = -1], address } = listenTcp(kernel, {
    address: inet(LOCALHOST6, 0),
    count: 1,
    tcp,
  });
  const { signal } = new AbortController();
  const refused: RefusedCall[] = [];
  const telling = { ...kernel, refused: (one: RefusedCall) => void refused.push(one) };
  const other = openSocket(kernel, address.octets, SOCK_STREAM);
  const held = anyLabelBut(1);
  leaseFlowLabel(kernel, other, { to: address.octets, label: held, share: IPV6_FL_S_EXCL });

  async function labelOfNext(ownLabel: OwnLabel): Promise<number> {
    const fd = await dialTcp(telling, address, { timeoutMs: 2000, signal, tcp, ownLabel });
    const { fd: accepted } = acceptOne(kernel, listener);
    const label = remoteFlowLabel(kernel, accepted);
    closeAll(kernel.libc, [fd, accepted]);
    return label;
  }

  try {
    await run({ held, labelOfNext, refused });
  } finally {
    closeAll(kernel.libc, [listener, other]);
  }
}

/** A label between the least and the largest, which a test asks for by name. */
function anyLabelBut(other: number): number {
  const label = 2 + Math.floor(Math.random() * (OWN_LABEL_MAX - 2));
  return label === other ? anyLabelBut(other) : label;
}

/** The random number from which a label is drawn. */
function fractionOf(label: number): number {
  return (label - 0.5) / OWN_LABEL_MAX;
}

test("a kernel that knows no flow labels is connected to without, and told of", async () => {
  for (const option of [IPV6_FLOWLABEL_MGR, IPV6_FLOWINFO_SEND]) {
    const { kernel: refusing, refused } = refuseOption(kernel, IPPROTO_IPV6, option);
    const { fds: [listener = -1], address } = listenTcp(kernel, {
      address: inet(LOCALHOST6, 0),
      count: 1,
      tcp: { congestion: null, keepaliveS: 0 },
    });
    const ownLabel = createOwnLabel(Math.random);
    const fd = await dialTcp(refusing, address, {
      timeoutMs: 2000,
      signal: new AbortController().signal,
      tcp: { congestion: null, keepaliveS: 0 },
      ownLabel,
    });
    const { fd: accepted } = acceptOne(kernel, listener);
    assert.notEqual(remoteFlowLabel(kernel, accepted), ownLabel.label);
    assert.deepEqual(refused, [{ call: "flow_label", reason: "EBADF" }]);
    closeAll(kernel.libc, [fd, accepted, listener]);
  }
});
