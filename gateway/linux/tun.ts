// TUN devices: the inner side of a gateway on a host. Each lane has one queue (descriptor) of the
// device.
//
// An existing device is used. Otherwise one is made, without persistence, so that it vanishes with
// its last descriptor however the process ends. The operator assigns its addresses.
//
// With offloads, a packet may stand for up to 64 KiB of one flow. A header in front of each packet
// says how to cut it. This saves calls, and one call per packet is the largest cost of a TUN
// device. If the kernel refuses the offloads, the device works without them.

import {
  AF_INET,
  EACCES,
  EBUSY,
  EINVAL,
  ENODEV,
  ENOENT,
  EPERM,
  IFF_MULTI_QUEUE,
  IFF_NO_PI,
  IFF_TUN,
  IFF_UP,
  IFF_VNET_HDR,
  LITTLE_ENDIAN,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDWR,
  SIOCGIFFLAGS,
  SIOCGIFINDEX,
  SIOCGIFMTU,
  SIOCSIFFLAGS,
  SIOCSIFMTU,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  TUN_F_CSUM,
  TUN_F_TSO4,
  TUN_F_TSO6,
  TUN_F_TSO_ECN,
  TUN_F_USO4,
  TUN_F_USO6,
  TUNSETIFF,
  TUNSETOFFLOAD,
  TUNSETVNETHDRSZ,
} from "./constants.ts";
import { failed } from "./errno.ts";
import { expectDone, type Kernel, numberArgument } from "./kernel.ts";
import { emitIfreq, IFREQ_VALUE_AT } from "./structs.ts";

/** What device to open. */
export interface TunOptions {
  readonly name: string;
  /** Queues to open, one per lane. */
  readonly queues: number;
  readonly mtu: number;
  /** Protocols whose packets of many segments may pass; without it both. */
  readonly offloads?: TunOffloads;
}

/** Protocols whose packets of many segments the device takes and gives. */
export interface TunOffloads {
  readonly tcp: boolean;
  readonly udp: boolean;
}

/** An open device. */
export interface Tun {
  readonly name: string;
  /** Interface index, for routes. */
  readonly index: number;
  /** Non-blocking descriptors, which belong to the caller. Each read or write is one packet. */
  readonly queues: readonly number[];
  /** With one of them, each packet has a `virtio_net_hdr` in front. */
  readonly offloads: TunOffloads;
  /** Whether we made the device. If so, it vanishes with the last of `queues`. */
  readonly isOurs: boolean;
  /** What a device was like that we have not made; null if we have. */
  readonly before: { readonly mtu: number; readonly isUp: boolean } | null;
}

/**
 * Opens a device or makes one, sets its MTU, and brings it up.
 *
 * @throws {Error} `Cannot open TUN "ipsec0": EPERM (needs CAP_NET_ADMIN)`; nothing stays open
 */
export function openTun(kernel: Kernel, options: TunOptions): Tun {
  const { libc } = kernel;
  const { name, mtu } = options;
  const queues: number[] = [];
  const control = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  expectDone(libc, control, `Cannot open TUN "${name}"`);
  try {
    const isOurs = interfaceIndex(kernel, control, name) === undefined;
    const before = isOurs ? null : {
      mtu: ask(kernel, control, { name, request: SIOCGIFMTU }),
      isUp: (ask(kernel, control, { name, request: SIOCGIFFLAGS }) & IFF_UP) !== 0,
    };
    const offloads = openQueues(kernel, options, queues);
    setMtu(kernel, control, { name, mtu });
    bringUp(kernel, control, name);
    const index = interfaceIndex(kernel, control, name);
    if (index === undefined) throw failed(`Cannot open TUN "${name}"`, ENODEV);
    return { name, index, queues, offloads, isOurs, before };
  } catch (error) {
    for (const fd of queues) libc.close(fd);
    throw error;
  } finally {
    libc.close(control);
  }
}

/**
 * Opens the queues and adds them to `queues`, so that the caller can close them after a failure.
 */
function openQueues(kernel: Kernel, options: TunOptions, queues: number[]): TunOffloads {
  const wanted = options.offloads ?? { tcp: true, udp: true };
  const taken = openWithHeader(kernel, options, { queues, wanted });
  if (taken !== undefined) return taken;
  for (const fd of queues.splice(0)) kernel.libc.close(fd);
  attachQueues(kernel, options, { queues, header: 0 });
  // A device that was there has the offloads of its last owner, whose packets no header describes.
  setOffloads(kernel, queues, NO_OFFLOADS);
  return NO_OFFLOADS;
}

/** Opens them for packets of many segments. Undefined if the kernel takes none that are wanted. */
function openWithHeader(
  kernel: Kernel,
  options: TunOptions,
  { queues, wanted }: { readonly queues: number[]; readonly wanted: TunOffloads },
): TunOffloads | undefined {
  const offers = OFFLOADS.filter(({ tcp, udp }) => (wanted.tcp || !tcp) && (wanted.udp || !udp));
  if (offers.length === 0 || !hasHeaders(kernel, options, queues)) return undefined;
  return offers.find((offer) => setOffloads(kernel, queues, offer));
}

/** Attaches the queues with a header in front of each packet; false if the kernel has none. */
function hasHeaders(kernel: Kernel, options: TunOptions, queues: number[]): boolean {
  try {
    attachQueues(kernel, options, { queues, header: IFF_VNET_HDR });
  } catch {
    // Some kernels know no header. If that is not the reason, the plain device fails too.
    return false;
  }
  return setHeaderLen(kernel, queues);
}

/** Sets the packets of many segments that the device gives, on all queues or none. */
function setOffloads(
  { libc }: Kernel,
  queues: readonly number[],
  { tcp, udp }: TunOffloads,
): boolean {
  const flags = (tcp || udp ? TUN_F_CSUM : 0) | (tcp ? TCP_FLAGS : 0) | (udp ? UDP_FLAGS : 0);
  return queues.every((fd) => libc.ioctl(fd, TUNSETOFFLOAD, numberArgument(libc, flags)) === 0);
}

/**
 * Sets the length of the header to what the core expects. An existing device keeps the length that
 * its last owner set.
 */
function setHeaderLen({ libc, scratch }: Kernel, queues: readonly number[]): boolean {
  return queues.every((fd) => {
    scratch.view.setInt32(0, VNET_LEN, LITTLE_ENDIAN);
    return libc.ioctl(fd, TUNSETVNETHDRSZ, scratch.at(0)) === 0;
  });
}

/** Opens the queues with `header` among their flags. */
function attachQueues(
  kernel: Kernel,
  options: TunOptions,
  { queues, header }: { readonly queues: number[]; readonly header: number },
): void {
  const { name } = options;
  const flags = IFF_TUN | IFF_NO_PI | header;
  let multi = options.queues > 1 ? IFF_MULTI_QUEUE : 0;
  while (queues.length < options.queues) {
    const fd = openDevice(kernel, name);
    queues.push(fd);
    let errno = attach(kernel, fd, { name, flags: flags | multi });
    // A device made for several queues wants this flag even for a single one.
    if (errno === EINVAL && multi === 0) {
      multi = IFF_MULTI_QUEUE;
      errno = attach(kernel, fd, { name, flags: flags | multi });
    }
    if (errno !== 0) throw failed(`Cannot open TUN "${name}"`, errno, attachHint(errno));
  }
}

/** Opens a descriptor of the driver that does not yet belong to a device. */
function openDevice({ libc, scratch }: Kernel, name: string): number {
  scratch.u8.set(DEVICE_PATH);
  const fd = libc.open(scratch.at(0), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0) return fd;
  const errno = libc.errno();
  throw failed(`Cannot open TUN "${name}"`, errno, deviceHint(errno));
}

/** Makes a descriptor a queue of the device. Returns errno, or 0 for success. */
function attach(kernel: Kernel, fd: number, device: { name: string; flags: number }): number {
  const { libc, scratch } = kernel;
  scratch.u8.set(emitIfreq(device.name, device.flags));
  return libc.ioctl(fd, TUNSETIFF, scratch.at(0)) === 0 ? 0 : libc.errno();
}

function setMtu(kernel: Kernel, control: number, device: { name: string; mtu: number }): void {
  const { libc, scratch } = kernel;
  scratch.u8.set(emitIfreq(device.name, device.mtu));
  const result = libc.ioctl(control, SIOCSIFMTU, scratch.at(0));
  expectDone(libc, result, `Cannot set MTU ${device.mtu} of TUN "${device.name}"`);
}

/** The number that a request SIOCGIF... returns for the device. */
function ask(
  { libc, scratch }: Kernel,
  control: number,
  { name, request }: { readonly name: string; readonly request: number },
): number {
  scratch.u8.set(emitIfreq(name, 0));
  const asked = libc.ioctl(control, request, scratch.at(0));
  expectDone(libc, asked, `Cannot ask for the state of TUN "${name}"`);
  return scratch.view.getInt32(IFREQ_VALUE_AT, LITTLE_ENDIAN);
}

function bringUp(kernel: Kernel, control: number, name: string): void {
  const { libc, scratch } = kernel;
  const flags = ask(kernel, control, { name, request: SIOCGIFFLAGS }) & 0xffff;
  scratch.view.setInt16(IFREQ_VALUE_AT, flags | IFF_UP, LITTLE_ENDIAN);
  const result = libc.ioctl(control, SIOCSIFFLAGS, scratch.at(0));
  expectDone(libc, result, `Cannot bring up TUN "${name}"`);
}

/** Index of a network device. Undefined if there is none of that name. */
function interfaceIndex(kernel: Kernel, control: number, name: string): number | undefined {
  const { libc, scratch } = kernel;
  scratch.u8.set(emitIfreq(name, 0));
  if (libc.ioctl(control, SIOCGIFINDEX, scratch.at(0)) === 0) {
    return scratch.view.getInt32(IFREQ_VALUE_AT, LITTLE_ENDIAN);
  }
  const errno = libc.errno();
  if (errno === ENODEV) return undefined;
  throw failed(`Cannot open TUN "${name}"`, errno);
}

function deviceHint(errno: number): string | undefined {
  switch (errno) {
    case ENOENT:
    case ENODEV:
      return "the kernel has no TUN driver at /dev/net/tun";
    case EACCES:
    case EPERM:
      return "needs access to /dev/net/tun";
    default:
      return undefined;
  }
}

function attachHint(errno: number): string | undefined {
  switch (errno) {
    case EPERM:
      return "needs CAP_NET_ADMIN";
    case EBUSY:
      return "another process uses it";
    case EINVAL:
      return "not a TUN device, or one without multi_queue, which several lanes need";
    default:
      return undefined;
  }
}

const TCP_FLAGS = TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
/** These need Linux 6.2. */
const UDP_FLAGS = TUN_F_USO4 | TUN_F_USO6;

const NO_OFFLOADS: TunOffloads = { tcp: false, udp: false };

/** Offloads to ask for, the most complete first. */
const OFFLOADS: readonly TunOffloads[] = [
  { tcp: true, udp: true },
  { tcp: true, udp: false },
  { tcp: false, udp: true },
];

/** Length of `struct virtio_net_hdr` without its later members, in octets. */
const VNET_LEN = 10;

/** The driver's path, with the zero octet that ends it. */
const DEVICE_PATH: Uint8Array = new TextEncoder().encode("/dev/net/tun\0");
