// The state that the fake kernel keeps behind a descriptor; a test holds it as the far end.

/** Edges that have happened and were not yet told by `epoll_wait`. */
export interface Watch {
  /** The epoll set that is told. */
  readonly epfd: number;
  readonly events: number;
  readonly low: number;
  readonly high: number;
  edges: number;
}

export interface TcpEnd {
  readonly kind: "tcp";
  watch: Watch | undefined;
  /** Octets from the peer that were not read yet. */
  readonly unread: number[];
  /**
   * Octets that follow the unread ones again and again, so that every read is filled; empty for
   * none.
   */
  flood: Uint8Array;
  /** Where in the flood the next read begins. */
  floodAt: number;
  /** Octets sent to the peer so far. */
  readonly sent: number[];
  /** Octets that the kernel takes before EAGAIN. */
  space: number;
  hasFin: boolean;
  hasReset: boolean;
  /** Set by EAGAIN: only then does new space make an edge, as in tcp_sendmsg. */
  isWaitingForSpace: boolean;
  /** The peer has vanished: it answers nothing. */
  isGone: boolean;
  /** Options of type int that were set, by level and name. */
  readonly options: Map<string, number>;
  isClosed: boolean;
}

export interface UdpEnd {
  readonly kind: "udp";
  watch: Watch | undefined;
  readonly unread: Uint8Array[];
  readonly sent: Uint8Array[];
  /** Datagrams taken before EAGAIN. */
  space: number;
  /** The beginnings of datagrams that were refused, which the error queue has. */
  readonly errors: Uint8Array[];
  /** An error of the queue fails the next call, too. */
  hasError: boolean;
  /** The source that the kernel has chosen. */
  source: readonly number[];
  /** Every datagram is refused by the port behind, at once. */
  isRefused: boolean;
  /** errno that the next sends, and the next reads, fail with. */
  readonly failures: number[];
  readonly readFailures: number[];
  /** Datagrams lost, as SO_RXQ_OVFL counts them. */
  overflow: number;
  /** Runs of datagrams are refused with this errno; 0 takes them. */
  runFailure: number;
  /** Calls that were refused for that. */
  runsRefused: number;
  isWaitingForSpace: boolean;
  isClosed: boolean;
}

export interface ListenerEnd {
  readonly kind: "listener";
  watch: Watch | undefined;
  readonly waiting: { end: TcpEnd; sockaddr: Uint8Array }[];
  /** errno that the next accepts fail with. */
  readonly failures: number[];
  isClosed: boolean;
}

export interface EventfdEnd {
  readonly kind: "eventfd";
  watch: Watch | undefined;
  count: number;
  isClosed: boolean;
}

export interface TunEnd {
  readonly kind: "tun";
  watch: Watch | undefined;
  readonly unread: Uint8Array[];
  readonly written: Uint8Array[];
  /** errno that writes fail with, 0 for none. */
  failure: number;
  /** errno that writes of several parts fail with, 0 for none. */
  joinFailure: number;
  /** errno that the next reads fail with, each in place of a packet. */
  readonly readFailures: number[];
  isClosed: boolean;
}

export type End = TcpEnd | UdpEnd | ListenerEnd | EventfdEnd | TunEnd;

/** State of the kernel; what a test may change is said. */
export interface FakeKernel {
  readonly u8: Uint8Array;
  readonly view: DataView;
  readonly ends: Map<number, End>;
  /** Every UDP socket that was made. */
  readonly sockets: UdpEnd[];
  /** Calls made so far, by name. */
  readonly calls: Map<string, number>;
  /** Octets that one read may give: a test sets it for short reads. */
  readMax: number;
  /** Runs before each call: what happens meanwhile on other machines. */
  onCall: (name: string) => void;
  /** Epoll sets made so far. */
  epollCount: number;
  /** errno that the next calls of `socket`, `bind` and `connect` fail with. */
  readonly failures: {
    readonly socket: number[];
    readonly bind: number[];
    readonly connect: number[];
  };
  /** The address that the kernel chooses for a socket that is connected now. */
  source: readonly number[];
  /** Calls that always fail, and their errno, by the name of the call. */
  readonly refused: Map<string, number>;
  /** Options that `setsockopt` was asked for, and those that it refuses: level and name. */
  readonly options: string[];
  readonly refusedOptions: Map<string, number>;
  /** Requests of `ioctl` so far. */
  readonly requests: number[];
  /** Refuses MSG_EOR with this errno; 0 takes it. */
  eorFailure: number;
  lastErrno: number;
}

export function listenerEnd(): ListenerEnd {
  return { kind: "listener", watch: undefined, waiting: [], failures: [], isClosed: false };
}

export function eventfdEnd(): EventfdEnd {
  return { kind: "eventfd", watch: undefined, count: 0, isClosed: false };
}

export function tunEnd(): TunEnd {
  return {
    kind: "tun",
    watch: undefined,
    unread: [],
    written: [],
    failure: 0,
    joinFailure: 0,
    readFailures: [],
    isClosed: false,
  };
}

export function tcpEnd(): TcpEnd {
  return {
    kind: "tcp",
    watch: undefined,
    unread: [],
    flood: new Uint8Array(),
    floodAt: 0,
    sent: [],
    space: Infinity,
    hasFin: false,
    hasReset: false,
    isWaitingForSpace: false,
    isGone: false,
    options: new Map(),
    isClosed: false,
  };
}

export function udpEnd(): UdpEnd {
  return {
    kind: "udp",
    watch: undefined,
    unread: [],
    sent: [],
    space: Infinity,
    errors: [],
    hasError: false,
    source: [],
    isRefused: false,
    failures: [],
    readFailures: [],
    overflow: 0,
    runFailure: 0,
    runsRefused: 0,
    isWaitingForSpace: false,
    isClosed: false,
  };
}

/** Gives an end the lowest free descriptor. */
export function openEnd(kernel: FakeKernel, end: End): number {
  let fd = 3;
  while (kernel.ends.has(fd)) fd++;
  kernel.ends.set(fd, end);
  return fd;
}

/** Tells the watcher of an end that something has happened to it. */
export function edge(end: End, events: number): void {
  if (end.watch !== undefined) end.watch.edges |= events;
}
