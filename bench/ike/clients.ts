// The load: many clients of this process, each on a TCP connection of its own. All of it happens in
// one thread and without a wait but for the gateway.
//
// The engines' clocks do not tick. Over TCP nothing is sent again, and no run is so long that a
// lifetime ends.

import { Buffer } from "node:buffer";
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
  const epfd = openEpoll(arena);
  const byFd = new Map<number, Client>();
  const byPath = new Map<number, Client>();
  /** By engine, then by IKE SA. */
  const byIke = new Map<IkeEngine, Map<number, Client>>();
  const tickets = new Map<number, ResumptionTicket>();
  let [waiting, done, nextPath] = [0, 0, 1];
  const now = (): number => performance.now();

  function carryOut(engine: IkeEngine, actions: readonly IkeAction[]): void {
    for (const action of actions) {
      switch (action.kind) {
        case "send":
          send(byPath.get(action.path), action.octets);
          break;
        case "established":
          up(engine, action.ike, byPath.get(action.path));
          break;
        case "ticket":
          tickets.set(byIke.get(engine)?.get(action.ike)?.i ?? -1, action.ticket);
          break;
        case "rekeyed":
        case "ended":
          finish(byIke.get(engine)?.get(action.ike), action.kind);
          break;
        case "refused":
          throw new Error(`The run is void: ${action.reason}: ${action.detail}`);
      }
    }
  }

  function up(engine: IkeEngine, ike: number, client: Client | undefined): void {
    if (client === undefined) return;
    client.ike = ike;
    const same = byIke.get(engine) ?? new Map<number, Client>();
    byIke.set(engine, same.set(ike, client));
    finish(client, "established");
  }

  function finish(client: Client | undefined, what: Awaited): void {
    // An attempt that resumes has one IKE SA for each of its two ways, and only one comes up.
    if (client === undefined || (what !== "ended" && client.awaited !== what)) return;
    if (client.awaited !== what) throw new Error("The run is void: an IKE SA has ended");
    client.awaited = null;
    waiting--;
    done++;
  }

  function send(client: Client | undefined, octets: Uint8Array): void {
    if (client === undefined) return;
    const frame = ikeFrame(octets);
    arena.u8.set(frame, arena.outbox);
    sendAll(arena, client.fd, { at: arena.outbox, len: frame.length });
  }

  function receive(client: Client): void {
    const { libc, at, inbox, u8 } = arena;
    for (;;) {
      const len = libc.recv(client.fd, at(inbox), INBOX_LEN, MSG_DONTWAIT);
      if (len < 0 && libc.errno() === EAGAIN) return;
      expectDone(libc, len, "Cannot receive");
      if (len === 0) throw new Error("The run is void: the gateway has closed a connection");
      for (const payload of client.reader.push(Buffer.from(u8.slice(inbox, inbox + len)))) {
        if (payload.length <= MARKER_LEN || payload.readUInt32BE(0) !== 0) continue;
        const message = Uint8Array.from(payload.subarray(MARKER_LEN));
        carryOut(client.engine, client.engine.receive(now(), message, client.path));
      }
    }
  }

  /** Lets clients begin, at most `inFlight` at a time, until the last one is done. */
  function run(count: number, inFlight: number, begin: (n: number) => void): Load {
    const startedAt = now();
    done = 0;
    for (let begun = 0; done < count;) {
      for (; begun < count && waiting < inFlight; begun++) {
        waiting++;
        begin(begun);
      }
      const events = epollWait(arena, epfd, PATIENCE_MS);
      if (events.length === 0) throw new Error(`The run is void: silence for ${PATIENCE_MS} ms`);
      for (const { id } of events) {
        const client = byFd.get(id);
        if (client !== undefined) receive(client);
      }
    }
    return { count, seconds: (now() - startedAt) / 1000, resumed: 0 };
  }

  function begin(tcp: Endpoint, i: number): number {
    const host = `127.0.1.${1 + i % SOURCES}`;
    const fd = connectTcp(arena, tcp, host);
    const local = socket(`${host}:${localPort(arena, fd)}`);
    const path = { id: nextPath++, local, remote: socket(`${tcp.host}:${tcp.port}`) };
    const engine = maker.engineOf(i);
    const reader = createFrameReader();
    const client: Client = { i, fd, path, engine, reader, ike: 0, awaited: "established" };
    byFd.set(fd, client);
    byPath.set(path.id, client);
    addWatch(arena, { epfd, fd, events: EPOLLIN, tag: { kind: 0, id: fd } });
    arena.u8.set(STREAM_PREFIX, arena.outbox);
    sendAll(arena, fd, { at: arena.outbox, len: STREAM_PREFIX.length });
    const ticket = tickets.get(i);
    tickets.delete(i);
    carryOut(engine, engine.initiate(now(), maker.target(ticket), path));
    return ticket === undefined ? 0 : 1;
  }

  function open(tcp: Endpoint, count: number, inFlight: number): Load {
    const first = byFd.size;
    let resumed = 0;
    const load = run(count, inFlight, (n) => void (resumed += begin(tcp, first + n)));
    return { ...load, resumed };
  }

  function rekey(what: "ike" | "children", inFlight: number): Load {
    const all = [...byFd.values()];
    return run(all.length, inFlight, (n) => {
      const client = all[n];
      if (client === undefined) return;
      client.awaited = "rekeyed";
      carryOut(client.engine, client.engine.rekey(now(), client.ike, what));
    });
  }

  function end(inFlight: number): Load {
    const all = [...byFd.values()];
    const load = run(all.length, inFlight, (n) => {
      const client = all[n];
      if (client === undefined) return;
      client.awaited = "ended";
      carryOut(client.engine, client.engine.end(now(), client.ike));
    });
    drop();
    return load;
  }

  function drop(): Load {
    const count = byFd.size;
    for (const { fd } of byFd.values()) arena.libc.close(fd);
    for (const table of [byFd, byPath, byIke]) table.clear();
    return { count, seconds: 0, resumed: 0 };
  }

  return { open, rekey, end, drop };
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
