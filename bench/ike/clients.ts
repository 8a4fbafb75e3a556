// The load: many clients of this process, each on a TCP connection of its own. All of it happens in
// one thread and without a wait but for the gateway.
//
// The engines' clocks do not tick. Over TCP nothing is sent again, and no run is so long that a
// lifetime ends.

import type { IkeAction, Path } from "../../gateway/ike/engine/actions.ts";
import type { IkeEngine } from "../../gateway/ike/engine/engine.ts";
import type { ResumptionTicket } from "../../gateway/ike/engine/settings.ts";
import { EAGAIN, EPOLLIN, MSG_DONTWAIT } from "../../gateway/linux/constants.ts";
import { expectDone } from "../../gateway/linux/kernel.ts";
import { parseSocketAddress, type SocketAddress } from "../../gateway/model/socket_address.ts";
import {
  createFrameReader,
  type FrameReader,
  ikeFrame,
  MARKER_LEN,
  STREAM_PREFIX,
} from "../../tests/support/frames.ts";
import { addWatch, epollWait, openEpoll } from "../../tests/support/test_kernel.ts";
import { type Arena, INBOX_LEN } from "../path/arena.ts";
import { connectTcp, type Endpoint, localPort, sendAll } from "../path/sockets.ts";
import type { ClientMaker } from "./engines.ts";
import type { Load } from "./orders.ts";

/** Clients that are up. */
export interface Clients {
  open(tcp: Endpoint, count: number, inFlight: number): Load;
  rekey(what: "ike" | "children", inFlight: number): Load;
  end(inFlight: number): Load;
  drop(): Load;
}

/** A client that is up or on its way. */
interface Client {
  readonly i: number;
  readonly fd: number;
  readonly path: Path;
  readonly engine: IkeEngine;
  readonly reader: FrameReader;
  /** Its IKE SA, once it is up. */
  ike: number;
  /** What it waits for. */
  awaited: Awaited | null;
}

type Awaited = "established" | "rekeyed" | "ended";

/** Makes clients. */
export function createClients(arena: Arena, maker: ClientMaker): Clients {
  const state: State = {
    arena,
    maker,
    epfd: openEpoll(arena),
    byFd: new Map(),
    byPath: new Map(),
    byIke: new Map(),
    tickets: new Map(),
    waiting: 0,
    done: 0,
    nextPath: 1,
  };
  return {
    open: (tcp, count, inFlight) => open(state, tcp, { count, inFlight }),
    rekey: (what, inFlight) =>
      runAll(state, inFlight, {
        awaited: "rekeyed",
        act: ({ engine, ike }) => engine.rekey(performance.now(), ike, what),
      }),
    end(inFlight): Load {
      const load = runAll(state, inFlight, {
        awaited: "ended",
        act: ({ engine, ike }) => engine.end(performance.now(), ike),
      });
      drop(state);
      return load;
    },
    drop: () => drop(state),
  };
}

interface State {
  readonly arena: Arena;
  readonly maker: ClientMaker;
  readonly epfd: number;
  readonly byFd: Map<number, Client>;
  readonly byPath: Map<number, Client>;
  /** By engine, then by IKE SA. */
  readonly byIke: Map<IkeEngine, Map<number, Client>>;
  /** By number of the client. */
  readonly tickets: Map<number, ResumptionTicket>;
  /** How many clients wait for something. */
  waiting: number;
  /** How many have got it in this order. */
  done: number;
  nextPath: number;
}

/** A number of clients, and how many of them may wait at a time. */
interface Count {
  readonly count: number;
  readonly inFlight: number;
}

function open(state: State, tcp: Endpoint, count: Count): Load {
  const first = state.byFd.size;
  let resumed = 0;
  const load = run(state, count, (n) => {
    if (begin(state, tcp, first + n)) resumed++;
  });
  return { ...load, resumed };
}

/** Lets all clients do something. */
function runAll(
  state: State,
  inFlight: number,
  { awaited, act }: {
    readonly awaited: Awaited;
    readonly act: (client: Client) => readonly IkeAction[];
  },
): Load {
  const all = [...state.byFd.values()];
  return run(state, { count: all.length, inFlight }, (n) => {
    const client = all[n];
    if (client === undefined) return;
    client.awaited = awaited;
    carryOut(state, client.engine, act(client));
  });
}

function drop(state: State): Load {
  const { arena, byFd, byPath, byIke } = state;
  const count = byFd.size;
  for (const { fd } of byFd.values()) arena.libc.close(fd);
  for (const table of [byFd, byPath, byIke]) table.clear();
  state.waiting = 0;
  return { count, seconds: 0, resumed: 0 };
}

/** Lets clients begin, at most `inFlight` at a time, until the last one is done. */
function run(state: State, { count, inFlight }: Count, start: (n: number) => void): Load {
  const startedAt = performance.now();
  state.done = 0;
  for (let begun = 0; state.done < count;) {
    for (; begun < count && state.waiting < inFlight; begun++) {
      state.waiting++;
      start(begun);
    }
    const events = epollWait(state.arena, state.epfd, PATIENCE_MS);
    if (events.length === 0) throw new Error(`The run is void: silence for ${PATIENCE_MS} ms`);
    for (const { id } of events) {
      const client = state.byFd.get(id);
      if (client !== undefined) receive(state, client);
    }
  }
  return { count, seconds: (performance.now() - startedAt) / 1000, resumed: 0 };
}

/** Connects client number `i` and begins its handshake. Returns whether it has used a ticket. */
function begin(state: State, tcp: Endpoint, i: number): boolean {
  const { arena, epfd, maker, tickets } = state;
  const host = `127.0.1.${1 + i % SOURCES}`;
  const fd = connectTcp(arena, tcp, host);
  const local = socket(`${host}:${localPort(arena, fd)}`);
  const path = { id: state.nextPath++, local, remote: socket(`${tcp.host}:${tcp.port}`) };
  const [engine, reader] = [maker.engineOf(i), createFrameReader()];
  const client: Client = { i, fd, path, engine, reader, ike: 0, awaited: "established" };
  state.byFd.set(fd, client);
  state.byPath.set(path.id, client);
  addWatch(arena, { epfd, fd, events: EPOLLIN, tag: { kind: 0, id: fd } });
  write(arena, fd, STREAM_PREFIX);
  const ticket = tickets.get(i);
  tickets.delete(i);
  carryOut(state, engine, engine.initiate(performance.now(), maker.target(ticket), path));
  return ticket !== undefined;
}

function receive(state: State, client: Client): void {
  const { libc, at, inbox, u8 } = state.arena;
  const { fd, engine, reader, path } = client;
  for (;;) {
    const len = libc.recv(fd, at(inbox), INBOX_LEN, MSG_DONTWAIT);
    if (len < 0 && libc.errno() === EAGAIN) return;
    expectDone(libc, len, "Cannot receive");
    if (len === 0) throw new Error("The run is void: the gateway has closed a connection");
    for (const payload of reader.push(u8.slice(inbox, inbox + len))) {
      if (payload.length <= MARKER_LEN || payload.readUInt32BE(0) !== 0) continue;
      const message = Uint8Array.from(payload.subarray(MARKER_LEN));
      carryOut(state, engine, engine.receive(performance.now(), message, path));
    }
  }
}

function carryOut(state: State, engine: IkeEngine, actions: readonly IkeAction[]): void {
  const { arena, byPath, byIke, tickets } = state;
  for (const action of actions) {
    switch (action.kind) {
      case "send": {
        const client = byPath.get(action.path);
        if (client !== undefined) write(arena, client.fd, ikeFrame(action.octets));
        break;
      }
      case "established":
        up(state, action.ike, byPath.get(action.path));
        break;
      case "ticket": {
        const client = byIke.get(engine)?.get(action.ike);
        if (client !== undefined) tickets.set(client.i, action.ticket);
        break;
      }
      case "rekeyed":
      case "ended":
        finish(state, byIke.get(engine)?.get(action.ike), action.kind);
        break;
      case "refused":
        throw new Error(`The run is void: ${action.reason}: ${action.detail}`);
    }
  }
}

function up(state: State, ike: number, client: Client | undefined): void {
  if (client === undefined) return;
  client.ike = ike;
  const same = state.byIke.get(client.engine) ?? new Map<number, Client>();
  state.byIke.set(client.engine, same.set(ike, client));
  finish(state, client, "established");
}

/** A client has got something. An IKE SA that ends is up until the client asks for its end. */
function finish(state: State, client: Client | undefined, what: Awaited): void {
  if (client === undefined) return;
  if (client.awaited === what) {
    client.awaited = null;
    state.waiting--;
    state.done++;
  } else if (what === "ended") throw new Error("The run is void: an IKE SA has ended");
}

function write(arena: Arena, fd: number, octets: Uint8Array): void {
  arena.u8.set(octets, arena.outbox);
  sendAll(arena, fd, { at: arena.outbox, len: octets.length });
}

function socket(text: string): SocketAddress {
  const parsed = parseSocketAddress(text);
  if (parsed === undefined) throw new Error(`Cannot read ${text}`);
  return parsed;
}

/** Addresses to connect from, so that closed connections do not use up the ports of one. */
const SOURCES = 16;

/** Longest silence of the gateway. */
const PATIENCE_MS = 20_000;
