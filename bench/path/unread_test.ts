import { deepEqual } from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { settle } from "../../tests/support/wait.ts";
import { unreadLens } from "./unread.ts";

test("unreadLens() counts what the other end has not read, connection by connection", async () => {
  const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const accepted: Socket[] = [];
  server.on("connection", (socket) => accepted.push(socket));
  const own = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
  await Promise.all(own.map((socket) => once(socket, "connect")));
  own[0]?.write(new Uint8Array(1000));
  // More than the initial buffers of both sockets, so a part is not even acknowledged.
  own[1]?.write(new Uint8Array(8 << 20));
  const read = (): number[] => unreadLens(own.map(({ localPort }) => localPort ?? 0), port);
  const [few] = await settle(read, ([few = 0, many = 0]) => few === 1000 && many > 1000);
  deepEqual([few, unreadLens([1], port)], [1000, [0]]);
  for (const socket of [...own, ...accepted]) socket.destroy();
  server.close();
});
