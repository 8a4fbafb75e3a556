// The cases of gateway/linux/tun_test.ts, each run as a program of its own in a fresh network
// namespace. `tun_device_program.ts NAME` ends with 0 if the case holds.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  AF_INET,
  AF_INET6,
  AF_NETLINK,
  EPOLLIN,
  IFF_MULTI_QUEUE,
  IFF_NO_PI,
  IFF_TUN,
  IFF_UP,
  IFF_VNET_HDR,
  LITTLE_ENDIAN,
  NETLINK_ROUTE,
  NLM_F_CREATE,
  O_RDWR,
  RTM_NEWROUTE,
  SIOCGIFFLAGS,
  SIOCGIFMTU,
  SOCK_DGRAM,
  SOCK_RAW,
  TUN_F_CSUM,
  TUN_F_TSO4,
  TUN_F_TSO6,
  TUN_F_TSO_ECN,
  TUN_F_USO4,
  TUN_F_USO6,
  TUNGETIFF,
  TUNGETVNETHDRSZ,
  TUNSETIFF,
  TUNSETOFFLOAD,
  TUNSETPERSIST,
  TUNSETVNETHDRSZ,
} from "../../../gateway/linux/constants.ts";
import {
  createScratch,
  expectDone,
  type Kernel,
  numberArgument,
} from "../../../gateway/linux/kernel.ts";
import { type Link, listAddresses, listLinks, setLink } from "../../../gateway/linux/links.ts";
import {
  addRoute,
  emitRouteRequest,
  removeRoute,
  type Route,
} from "../../../gateway/linux/routes.ts";
import {
  addRule,
  listOurRules,
  removeRule,
  type Rule,
  ruleKey,
} from "../../../gateway/linux/rules.ts";
import { emitIfreq, IFREQ_VALUE_AT } from "../../../gateway/linux/structs.ts";
import { openTun } from "../../../gateway/linux/tun.ts";
import { runtime } from "../../../gateway/runtime/mod.ts";
import { listenerFlows, planRules, whole } from "../../../gateway/shell/route_plan.ts";
import type { Address, Libc } from "../../../gateway/runtime/types.ts";
import {
  closeAll,
  connectUdp,
  inet,
  openTestKernel,
  sendText,
  trackDescriptors,
  waitFor,
} from "../test_kernel.ts";

export const CASES = {
  "openTun() makes a device, sets its MTU, brings it up, and it vanishes when closed": makeDevice,
  "openTun() opens a queue for each lane": openTwoQueues,
  "openTun() uses a device that exists and leaves it": useDevice,
  "openTun() uses a device of several queues for one lane": useQueuesForOne,
  "openTun() asks for packets of many segments": askForOffloads,
  "openTun() has headers of its length in front, whatever a device had before": setHeader,
  "openTun() takes what the kernel has of offloads, on all queues or none": refuseOffloads,
  "openTun() asks for what it may": obeySwitches,
  "openTun() asks for nothing on a device that was there, if it may not": forgetOffloads,
  "openTun() does without headers on a kernel that has none": doWithoutHeader,
  "openTun() names a device that cannot have several queues": refuseQueues,
  "openTun() names a device that another process has": refuseBusy,
  "openTun() names a device that is no TUN": refuseOther,
  "openTun() names the privilege that it needs": refuseUnprivileged,
  "addRoute() brings IPv4 packets into the device": routeV4,
  "addRoute() and removeRoute() tell what was there": routeTwice,
  "removeRoute() leaves the operator's route": leaveForeign,
  "listOurRules() reads all rules as addRule() has made them": readRules,
  "setLink() changes a device, and listLinks() and listAddresses() read it": changeLink,
} as const satisfies Record<string, () => void>;

/** The case that runs without CAP_NET_ADMIN. */
export const UNPRIVILEGED = "openTun() names the privilege that it needs";

const kernel = openTestKernel();
const { libc, scratch } = kernel;
const NAME = "culvert0";
/** The routes of the host have the same form as ours. */
const MAIN = 254;
/** `struct virtio_net_hdr`, in front of each packet of a device with offloads. */
const VNET_LEN = 10;
const BOTH = { tcp: true, udp: true };
const NEITHER = { tcp: false, udp: false };

function makeDevice(): void {
  const tun = openTun(kernel, { name: NAME, queues: 1, mtu: 1280 });
  assert.deepEqual([tun.name, tun.isOurs, tun.queues.length], [NAME, true, 1]);
  assert.ok(tun.index > 0);
  assert.equal(numberOf(SIOCGIFMTU), 1280);
  assert.equal(numberOf(SIOCGIFFLAGS) & IFF_UP, IFF_UP);
  closeAll(libc, tun.queues);
  assert.ok(!isThere());
}

function openTwoQueues(): void {
  const { queues, isOurs } = openTun(kernel, { name: NAME, queues: 2, mtu: 1400 });
  assert.deepEqual([queues.length, isOurs], [2, true]);
  closeAll(libc, queues.slice(0, 1));
  assert.ok(isThere());
  closeAll(libc, queues.slice(1));
  assert.ok(!isThere());
}

function useDevice(): void {
  makePersistent(0);
  const { queues, isOurs } = openTun(kernel, { name: NAME, queues: 1, mtu: 1400 });
  assert.ok(!isOurs);
  closeAll(libc, queues);
  assert.ok(isThere());
}

function useQueuesForOne(): void {
  makePersistent(IFF_MULTI_QUEUE);
  const { queues, isOurs } = openTun(kernel, { name: NAME, queues: 1, mtu: 1400 });
  assert.deepEqual([queues.length, isOurs], [1, false]);
  closeAll(libc, queues);
}

function askForOffloads(): void {
  const { queues, offloads } = openTun(kernel, { name: NAME, queues: 1, mtu: 1400 });
  assert.deepEqual([offloads, hasHeader(queues[0] ?? -1)], [BOTH, true]);
  closeAll(libc, queues);
}

function setHeader(): void {
  makePersistent(IFF_VNET_HDR, VNET_LEN + 2);
  const { queues, offloads } = openTun(kernel, { name: NAME, queues: 1, mtu: 1400 });
  const asked = libc.ioctl(queues[0] ?? -1, TUNGETVNETHDRSZ, scratch.at(0));
  expectDone(libc, asked, "Cannot ask");
  assert.deepEqual([offloads, scratch.view.getInt32(0, LITTLE_ENDIAN)], [BOTH, VNET_LEN]);
  closeAll(libc, queues);
}

function refuseOffloads(): void {
  const known = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
  const cases = [
    { taken: { tcp: true, udp: false }, takes: (flags: number) => (flags & ~known) === 0 },
    { taken: NEITHER, takes: (flags: number) => flags === 0 },
    // The answer of the second queue counts too.
    { taken: NEITHER, takes: (_: number, asked: number) => asked % 2 === 0 },
  ];
  for (const { taken, takes } of cases) {
    const tracked = trackDescriptors(kernel);
    const { queues, offloads } = openTun(
      { ...tracked.kernel, libc: refusing(tracked.kernel.libc, takes) },
      { name: NAME, queues: 2, mtu: 1400 },
    );
    assert.deepEqual([offloads, queues.length, tracked.open.size], [taken, 2, 2]);
    assert.equal(hasHeader(queues[0] ?? -1), taken.tcp);
    closeAll(libc, queues);
  }
}

/** Each switch turns its own flags off; with both off there is no header either. */
function obeySwitches(): void {
  const tcpFlags = TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
  const udpFlags = TUN_F_USO4 | TUN_F_USO6;
  const cases = [
    { offloads: BOTH, flags: TUN_F_CSUM | tcpFlags | udpFlags },
    { offloads: { tcp: true, udp: false }, flags: TUN_F_CSUM | tcpFlags },
    { offloads: { tcp: false, udp: true }, flags: TUN_F_CSUM | udpFlags },
    { offloads: NEITHER, flags: 0 },
  ];
  for (const { offloads, flags } of cases) {
    let asked = 0;
    const takes = (value: number): boolean => {
      asked |= value;
      return true;
    };
    const tun = openTun({ ...kernel, libc: refusing(libc, takes) }, {
      ...{ name: NAME, queues: 1, mtu: 1400, offloads },
    });
    assert.deepEqual([tun.offloads, asked], [offloads, flags]);
    assert.equal(hasHeader(tun.queues[0] ?? -1), flags !== 0);
    closeAll(libc, tun.queues);
  }
}

/** The last owner's packets of many segments would be cut off at the length of one. */
function forgetOffloads(): void {
  makePersistent(IFF_VNET_HDR, VNET_LEN, TUN_F_CSUM | TUN_F_TSO4);
  const asked: number[] = [];
  const takes = (value: number): boolean => asked.push(value) > 0;
  const { queues } = openTun({ ...kernel, libc: refusing(libc, takes) }, {
    ...{ name: NAME, queues: 1, mtu: 1400, offloads: NEITHER },
  });
  assert.deepEqual(asked, [0]);
  closeAll(libc, queues);
}

/** gVisor's TUN takes no flags that it does not know. */
function doWithoutHeader(): void {
  const of = libc;
  const plain: Libc = {
    ...of,
    ioctl(fd, request, value): number {
      const flags = scratch.view.getUint16(IFREQ_VALUE_AT, LITTLE_ENDIAN);
      if (request !== TUNSETIFF || (flags & IFF_VNET_HDR) === 0) {
        return of.ioctl(fd, request, value);
      }
      // No such request: an error.
      return of.ioctl(fd, 0xffff_fff0, value);
    },
  };
  const { queues, offloads } = openTun({ ...kernel, libc: plain }, {
    ...{ name: NAME, queues: 1, mtu: 1400 },
  });
  assert.deepEqual([offloads, hasHeader(queues[0] ?? -1)], [NEITHER, false]);
  closeAll(libc, queues);
}

/**
 * libc on a kernel that takes offloads only where `takes` allows it, given the flags and the number
 * of requests so far.
 */
function refusing(of: Libc, takes: (flags: number, asked: number) => boolean): Libc {
  let asked = 0;
  return {
    ...of,
    ioctl(fd, request, value): number {
      if (request === TUNSETOFFLOAD && !takes(Number(value), asked++)) return -1;
      return of.ioctl(fd, request, value);
    },
  };
}

/** Whether each packet of a queue begins with a header. */
function hasHeader(fd: number): boolean {
  expectDone(libc, libc.ioctl(fd, TUNGETIFF, scratch.at(0)), "Cannot ask");
  return (scratch.view.getUint16(IFREQ_VALUE_AT, LITTLE_ENDIAN) & IFF_VNET_HDR) !== 0;
}

function refuseQueues(): void {
  makePersistent(0);
  refuses(
    { name: NAME, queues: 2 },
    `Cannot open TUN "culvert0": EINVAL (not a TUN device, or one without multi_queue, which several lanes need)`,
  );
}

function refuseBusy(): void {
  const { queues } = openTun(kernel, { name: NAME, queues: 1, mtu: 1400 });
  refuses({ name: NAME, queues: 1 }, `Cannot open TUN "culvert0": EBUSY (another process uses it)`);
  closeAll(libc, queues);
}

function refuseOther(): void {
  refuses(
    { name: "lo", queues: 1 },
    `Cannot open TUN "lo": EINVAL (not a TUN device, or one without multi_queue, which several lanes need)`,
  );
}

function refuseUnprivileged(): void {
  refuses({ name: NAME, queues: 1 }, `Cannot open TUN "culvert0": EPERM (needs CAP_NET_ADMIN)`);
  assert.throws(() => addRoute(kernel, v4(1)), {
    message: "Cannot add route 10.93.30.0/24: EPERM (needs CAP_NET_ADMIN)",
  });
}

function routeV4(): void {
  const { queues: [queue = -1], index } = openTun(kernel, { name: NAME, queues: 1, mtu: 1400 });
  assert.equal(addRoute(kernel, v4(index)), "added");
  const fd = connectUdp(kernel, { remote: inet([10, 93, 30, 7], 7) });
  sendText(kernel, fd, "into the tunnel");
  // The host may send packets of its own first (IPv6 multicast).
  let octets: Uint8Array;
  do {
    waitFor(kernel, queue, EPOLLIN);
    const len = expectDone(libc, libc.read(queue, scratch.at(0), 200), "Cannot read");
    octets = scratch.u8.slice(VNET_LEN, len);
  } while ((octets[0] ?? 0) >> 4 !== 4);
  assert.deepEqual([...octets.subarray(16, 20)], [10, 93, 30, 7]);
  assert.equal(new TextDecoder().decode(octets.subarray(28)), "into the tunnel");
  closeAll(libc, [fd, queue]);
}

function routeTwice(): void {
  const { queues, index } = openTun(kernel, { name: NAME, queues: 1, mtu: 1400 });
  const whole = { octets: new Uint8Array(4), bits: 0, index, table: MAIN };
  for (const route of [v4(index), v6(index), whole]) {
    const { kernel: tracking, open } = trackDescriptors(kernel);
    assert.equal(removeRoute(tracking, route), "absent");
    assert.equal(addRoute(tracking, route), "added");
    assert.equal(addRoute(tracking, route), "existed");
    assert.equal(removeRoute(tracking, route), "removed");
    assert.equal(removeRoute(tracking, route), "absent");
    assert.equal(open.size, 0);
  }
  addRoute(kernel, v6(index));
  assert.match(
    readFileSync("/proc/self/net/ipv6_route", "utf8"),
    /^20010db8003000000000000000000000 30 .* culvert0$/m,
  );
  assert.throws(() => addRoute(kernel, v4(index + 1000)), {
    message: "Cannot add route 10.93.30.0/24: ENODEV",
  });
  closeAll(libc, queues);
}

function leaveForeign(): void {
  const { queues, index } = openTun(kernel, { name: NAME, queues: 1, mtu: 1400 });
  addByHand(v4(index));
  const before = routes();
  assert.equal(addRoute(kernel, v4(index)), "existed");
  assert.equal(removeRoute(kernel, v4(index)), "absent");
  assert.equal(routes(), before);
  closeAll(libc, queues);
}

/** The rules of every block of a plan, in both families. */
function readRules(): void {
  const wide = widen();
  for (const family of [AF_INET, AF_INET6]) {
    const isV4 = family === AF_INET;
    const bits = isV4 ? [0, 24, 32] : [0, 64, 128];
    const any = { octets: new Uint8Array(isV4 ? 4 : 16), bits: 0 };
    const own = isV4 ? Uint8Array.of(10, 93, 29, 1) : v6(1).octets;
    const rules = planRules({
      ...{ family, first: 9000, owner: 932_907_000, mark: 9329, device: NAME },
      sections: [
        { local: any, table: 932_907_001, lengths: bits },
        { local: whole(own), table: 932_907_002, lengths: bits },
      ],
      addresses: { tun: [own], other: [own], outer: [own] },
      flows: [
        ...listenerFlows({ octets: new Uint8Array(16), port: 4500 }),
        { family, protocol: 17, to: whole(own), destinationPort: 4500 },
      ],
    });
    for (const rule of rules) assert.equal(addRule(kernel, rule), "added");
    for (const rule of rules) assert.equal(addRule(kernel, rule), "existed");
    const keys = (made: readonly Rule[]): string[] => made.map(ruleKey).sort();
    assert.deepEqual(keys(listOurRules(wide, family)), keys(rules));
    for (const rule of rules) assert.equal(removeRule(kernel, rule), "removed");
    for (const rule of rules) assert.equal(removeRule(kernel, rule), "absent");
    assert.deepEqual(listOurRules(wide, family), []);
  }
}

function changeLink(): void {
  const wide = widen();
  const { queues, index } = openTun(kernel, { name: NAME, queues: 1, mtu: 1400 });
  const look = (): Link | undefined => listLinks(wide).find((link) => link.index === index);
  assert.deepEqual(look(), { index, isUp: true, mtu: 1400 });
  setLink(kernel, { index, mtu: 1300, isUp: false });
  assert.deepEqual(look(), { index, isUp: false, mtu: 1300 });
  setLink(kernel, { index, isUp: true });
  assert.deepEqual(look(), { index, isUp: true, mtu: 1300 });
  assert.ok(listAddresses(wide).every(({ octets }) => octets.length === 4 || octets.length === 16));
  assert.throws(() => setLink(kernel, { index: index + 1000, mtu: 1300 }), /: ENODEV$/);
  closeAll(libc, queues);
  assert.equal(look(), undefined);
}

/** A window for whole answers of rtnetlink. */
function widen(): Kernel {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const mapped = runtime.mapMemory(memory);
  return { libc, scratch: createScratch({ memory, mapped, offset: 0, len: 32_768 }) };
}

/** Adds a route of protocol "boot", as `ip route add` does. */
function addByHand(route: Route): void {
  const message = emitRouteRequest({ type: RTM_NEWROUTE, flags: NLM_F_CREATE, ...route });
  message[21] = 3;
  const socket = libc.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  const fd = expectDone(libc, socket, "Cannot open");
  scratch.u8.set(message);
  expectDone(libc, libc.send(fd, scratch.at(0), message.length, 0), "Cannot send");
  closeAll(libc, [fd]);
  assert.match(routes(), /^culvert0\s+001E5D0A/m);
}

function routes(): string {
  return readFileSync("/proc/self/net/route", "utf8");
}

function v4(index: number): Route {
  return { octets: Uint8Array.of(10, 93, 30, 0), bits: 24, index, table: MAIN };
}

function v6(index: number): Route {
  return {
    octets: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0x30, ...new Uint8Array(10)),
    bits: 48,
    index,
    table: MAIN,
  };
}

/** Asserts that opening fails with `message` and leaves nothing open. */
function refuses(device: { name: string; queues: number }, message: string): void {
  const { kernel: tracking, open } = trackDescriptors(kernel);
  assert.throws(() => openTun(tracking, { ...device, mtu: 1400 }), { message });
  assert.equal(open.size, 0);
}

/** Makes the device as `ip tuntap add` does: it stays when no program has it open. */
function makePersistent(flags: number, headerLen = VNET_LEN, offload = 0): void {
  scratch.u8.set(new TextEncoder().encode("/dev/net/tun\0"));
  const fd = expectDone(libc, libc.open(scratch.at(0), O_RDWR), "Cannot open");
  scratch.u8.set(emitIfreq(NAME, IFF_TUN | IFF_NO_PI | flags));
  expectDone(libc, libc.ioctl(fd, TUNSETIFF, scratch.at(0)), "Cannot attach");
  scratch.view.setInt32(0, headerLen, LITTLE_ENDIAN);
  expectDone(libc, libc.ioctl(fd, TUNSETVNETHDRSZ, scratch.at(0)), "Cannot set the header");
  const offloaded = libc.ioctl(fd, TUNSETOFFLOAD, numberArgument(libc, offload));
  expectDone(libc, offloaded, "Cannot set the offloads");
  // The argument of this request is a number and no address; every number but 0 means yes.
  const yes: Address = scratch.at(0);
  expectDone(libc, libc.ioctl(fd, TUNSETPERSIST, yes), "Cannot make persistent");
  closeAll(libc, [fd]);
}

/** The value that a request SIOCGIF... returns for the device. */
function numberOf(request: number): number {
  const fd = expectDone(libc, libc.socket(AF_INET, SOCK_DGRAM, 0), "Cannot open");
  scratch.u8.set(emitIfreq(NAME, 0));
  expectDone(libc, libc.ioctl(fd, request, scratch.at(0)), "Cannot ask");
  closeAll(libc, [fd]);
  return scratch.view.getInt32(IFREQ_VALUE_AT, LITTLE_ENDIAN);
}

function isThere(): boolean {
  return readFileSync("/proc/self/net/dev", "utf8").includes(`${NAME}:`);
}

if (import.meta.main) {
  const [name = ""] = runtime.args;
  const run = Object.entries(CASES).find(([other]) => other === name)?.[1];
  if (run === undefined) throw new RangeError(`Cannot run case "${name}": unknown`);
  run();
}
