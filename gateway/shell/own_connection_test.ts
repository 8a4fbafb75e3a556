import { equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { settle, within } from "../../tests/support/wait.ts";
import { openTestKernel, trackDescriptors } from "../../tests/support/test_kernel.ts";
import { COMMAND_ADOPT } from "../lane/commands.ts";
import { SOCK_STREAM } from "../linux/constants.ts";
import { openSocket } from "../linux/sockets.ts";
import type { GatewayEvent, Subject } from "../model/event.ts";
import { adopt, type AdoptOptions, type Dialled } from "./own_connection.ts";

const FD = 99;
const ID = 1_048_577;
const DIALLED: Dialled = { fd: FD, remote: { octets: Uint8Array.of(192, 0, 2, 7), port: 4500 } };

interface Scene {
  readonly options: AdoptOptions;
  /** The table has the connection, or not. */
  readonly table: { isLive: boolean };
  /** A lane tells of a connection. */
  tell(event: string, connection: number): void;
}

/** A table with one connection or none, and events that are told when a test says so. */
function openScene(more: Partial<AdoptOptions> = {}): Scene {
  const table = { isLive: false };
  let listener: (event: GatewayEvent, subject: Subject) => void = () => undefined;
  const options: AdoptOptions = {
    kernel: openTestKernel(),
    lanes: { command: () => true },
    events: {
      subscribe(added): () => void {
        listener = added;
        return () => void (listener = () => undefined);
      },
    },
    rows: {
      locate: (id) => table.isLive && id === ID ? { lane: 0, row: 1, generation: 1 } : undefined,
      idOfDescriptor: (fd) => table.isLive && fd === FD ? ID : undefined,
    },
    ...more,
  };
  const tell = (event: string, connection: number): void =>
    listener({ event, at: "", level: "info", fields: { connection } }, "other");
  return { options, table, tell };
}

/** Settles as `promise` does, and fails if that takes too long. */
function inTime<T>(promise: Promise<T>): Promise<T> {
  return within(4000, "the connection", (resolve, reject) => void promise.then(resolve, reject));
}

test("events tell of the beginning and of the end", async () => {
  const { options, table, tell } = openScene();
  const adopting = adopt(options, DIALLED);
  table.isLive = true;
  tell("connection_opened", ID);
  const connection = await inTime(adopting);
  equal(connection?.id, ID);
  equal(connection?.row, 1);
  let isOver = false;
  const ended = connection.ended.then(() => void (isOver = true));
  tell("connection_closed", ID + 1);
  tell("connection_opened", ID + 2);
  await Promise.resolve();
  ok(!isOver, "others are not ours");
  tell("connection_closed", ID);
  await inTime(ended);
});

test("without any event the table tells of both", async () => {
  const { options, table } = openScene();
  const adopting = adopt(options, DIALLED);
  table.isLive = true;
  const connection = await inTime(adopting);
  equal(connection?.id, ID);
  table.isLive = false;
  await inTime(connection.ended);
});

test("one that has ended before it is looked at is undefined", async () => {
  const { options, tell } = openScene();
  const adopting = adopt(options, DIALLED);
  tell("connection_opened", ID);
  tell("connection_closed", ID);
  equal(await inTime(adopting), undefined);
});

test("a lane that takes no more orders leaves nothing open", async () => {
  const { kernel, open } = trackDescriptors(openTestKernel());
  const { options } = openScene({ kernel, lanes: { command: () => false } });
  const fd = openSocket(kernel, new Uint8Array(4), SOCK_STREAM);
  await rejects(adopt(options, { ...DIALLED, fd }), /too many orders/);
  equal(open.size, 0);
});

test("the order has the peer's address, an IPv4 one mapped", async () => {
  const orders: (readonly number[])[] = [];
  const command = (_lane: number, order: readonly number[]): boolean => orders.push(order) > 0;
  const { options, tell } = openScene({ lanes: { command } });
  const adopting = adopt(options, DIALLED);
  tell("connection_opened", ID);
  await inTime(adopting);
  const [order] = await settle(() => orders, ({ length }) => length > 0);
  const octets = new Uint8Array(Int32Array.from(order?.slice(3) ?? []).buffer);
  equal(order?.[0], COMMAND_ADOPT);
  equal(order?.[1], FD);
  equal(order?.[2], 10 | 0x9411 << 16, "family and port as they lie in a sockaddr_in6");
  equal(octets.join(), "0,0,0,0,0,0,0,0,0,0,255,255,192,0,2,7");
});
