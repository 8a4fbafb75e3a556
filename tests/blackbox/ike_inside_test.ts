// IKE inside the gateway, with a client that is an engine on a real TCP connection: what comes of a
// handshake is ESP that the core opens and seals.

import { deepEqual, equal, ok } from "node:assert/strict";
import { describe } from "node:test";
import type { PeerView } from "../../gateway/model/peer.ts";
import type { Gateway } from "../support/gateway.ts";
import { expectEnded, type IkeClient, openIkeClient, toldOf } from "../support/ike/client.ts";
import { readMetrics } from "../support/metrics.ts";
import { scenario } from "../support/scenario.ts";
import { useGateway } from "../support/use_gateway.ts";
import { settle } from "../support/wait.ts";

const OPTIONS = { entry: "tests/support/programs/ike_program.ts" };

for (const lanes of [1, 2]) {
  describe(`IKE inside, ${lanes} lanes`, () => {
    const gateway = useGateway(["--lanes", `${lanes}`, "--inner", "echo:10.93.29.1"], OPTIONS);

    scenario(
      "a client with the secret gets an address, and pings",
      () =>
        withClient(gateway(), async (client) => {
          equal(client.address(), "10.93.64.1");
          for (let i = 0; i < 3; i++) await client.ping();
          const [peer] = await peersOf(gateway());
          equal(peer?.identity, "carol@example.org");
          deepEqual(peer?.lease, ["10.93.64.1"]);
          equal(peer?.state, "connected");
          equal(peer?.children.length, 1);
          const { inbound = 0, outbound = 0 } = peer?.children[0]?.octets ?? {};
          ok(inbound > 0 && outbound > 0, `${inbound} and ${outbound} octets`);
          ok(peer?.lastSeen !== null);
        }),
    );

    scenario(
      "both kinds of rekey from the client's side leave one pair of SAs that works",
      () =>
        withClient(gateway(), async (client) => {
          const [ike = 0] = client.engine.established();
          for (const what of ["children", "ike", "children"] as const) {
            const before = toldOf(client, "rekeyed");
            client.let((now) => client.engine.rekey(now, ike, what));
            await client.until("the rekey", () => toldOf(client, "rekeyed") > before);
            await client.ping();
          }
          const sas = await settle(() => sasOf(gateway()), (count) => count === 2);
          equal(sas, 2);
          const [peer] = await peersOf(gateway());
          deepEqual(peer?.rekeys, { ike: 1, child: 2 });
        }),
    );

    scenario("a Delete takes all SAs away and frees the address", async () => {
      await withClient(gateway(), async (client) => {
        await client.ping();
        const [ike = 0] = client.engine.established();
        client.let((now) => client.engine.end(now, ike));
        await client.until("the end", () => toldOf(client, "ended") > 0);
        expectEnded(client, "deleted_here");
      });
      await expectNoSas(gateway());
      await withClient(gateway(), (client) => {
        equal(client.address(), "10.93.64.1");
      });
    });

    scenario(
      "DELETE ends a peer, and the peer hears of it",
      () =>
        withClient(gateway(), async (client) => {
          const [peer] = await peersOf(gateway());
          ok(peer !== undefined);
          equal((await gateway().api.request("DELETE", `/v1/peers/${peer.id}`)).status, 204);
          await client.until("the Delete", () => toldOf(client, "ended") > 0);
          expectEnded(client, "deleted_by_peer");
          await expectNoSas(gateway());
          equal((await gateway().api.request("DELETE", `/v1/peers/${peer.id}`)).status, 404);
        }),
    );

    scenario("a wrong secret is refused, and counted by its reason", async () => {
      const before = await failures(gateway(), "secret");
      const client = openIkeClient(await gateway().connect());
      try {
        await client.initiate({ psk: new TextEncoder().encode("not the secret of the others") });
        equal(toldOf(client, "refused"), 1);
        equal(toldOf(client, "established"), 0);
      } finally {
        client.close();
      }
      equal(await failures(gateway(), "secret"), before + 1);
      ok(await settle(() => gateway().program.stderr().includes("ike_refused"), Boolean));
      await expectNoSas(gateway());
    });

    scenario(
      "a connection that is cut is followed by another, and nothing begins anew",
      () =>
        withClient(gateway(), async (client, connection) => {
          await client.ping();
          connection.reset();
          client.resume(await gateway().connect());
          await client.ping();
          const [peer] = await settle(
            () => peersOf(gateway()),
            ([one]) => one?.state === "connected",
          );
          equal(peer?.state, "connected");
          equal(toldOf(client, "established"), 1);
          equal(toldOf(client, "ended"), 0);
        }),
    );

    scenario(
      "two devices have an address and a path each",
      () =>
        withClient(gateway(), async (first) => {
          const second = openIkeClient(await gateway().connect(), "dave@example.org");
          try {
            await second.initiate();
            deepEqual([first.address(), second.address()], ["10.93.64.1", "10.93.64.2"]);
            for (let i = 0; i < 3; i++) {
              await first.ping();
              await second.ping();
            }
          } finally {
            await endAll(second);
          }
        }),
    );
  });
}

for (const how of ["SIGTERM", "POST /v1/drain"]) {
  describe(`IKE inside, ${how}`, () => {
    const gateway = useGateway(["--lanes", "2", "--inner", "echo:10.93.29.1"], OPTIONS);

    scenario("every client hears a Delete before its connection ends", async () => {
      const names = ["carol@example.org", "dave@example.org"];
      const clients: IkeClient[] = [];
      try {
        for (const name of names) {
          const client = openIkeClient(await gateway().connect(), name);
          clients.push(client);
          await client.initiate();
          await client.ping();
        }
        if (how === "SIGTERM") gateway().program.kill("SIGTERM");
        else equal((await gateway().api.request("POST", "/v1/drain")).status, 202);
        for (const client of clients) {
          await client.until("the Delete", () => toldOf(client, "ended") > 0);
          expectEnded(client, "deleted_by_peer");
        }
      } finally {
        clients.forEach((client) => client.close());
      }
    });
  });
}

describe("IKE inside, a client with an address of its own", () => {
  const plan = { remote: "10.93.30.7/32", isShared: true };
  const gateway = useGateway(["--inner", "echo:10.93.29.1"], {
    ...OPTIONS,
    env: { CULVERT_TEST_PLAN: JSON.stringify(plan) },
  });

  scenario(
    "an IKE SA takes the place of another one of its identity, which has not ended",
    async () => {
      const before = openIkeClient(await gateway().connect());
      const after = openIkeClient(await gateway().connect());
      try {
        await before.initiateAs("10.93.30.7");
        await before.ping();
        await after.initiateAs("10.93.30.7");
        for (let i = 0; i < 3; i++) await after.ping();
        equal((await peersOf(gateway())).length, 2);
        equal(toldOf(after, "remove"), 0);
      } finally {
        await endAll(before);
        await endAll(after);
      }
      await expectNoSas(gateway());
    },
  );
});

/** Lets a client shake hands, and deletes its IKE SA afterwards. */
async function withClient(
  gateway: Gateway,
  body: (
    client: IkeClient,
    connection: Awaited<ReturnType<Gateway["connect"]>>,
  ) => Promise<void> | void,
): Promise<void> {
  await expectNoSas(gateway);
  const connection = await gateway.connect();
  const client = openIkeClient(connection);
  try {
    await client.initiate();
    equal(toldOf(client, "established"), 1, JSON.stringify(client.told));
    await body(client, connection);
  } finally {
    await endAll(client);
  }
}

async function endAll(client: IkeClient): Promise<void> {
  try {
    for (const ike of client.engine.established()) {
      client.let((now) => client.engine.end(now, ike));
      await client.until("the end", () => toldOf(client, "ended") > 0);
    }
  } finally {
    client.close();
  }
}

async function peersOf(gateway: Gateway): Promise<readonly PeerView[]> {
  return (await gateway.api.get("/v1/peers") as { peers: PeerView[] }).peers;
}

async function sasOf(gateway: Gateway): Promise<number> {
  return (await gateway.api.get("/v1/sas") as { sas: unknown[] }).sas.length;
}

async function expectNoSas(gateway: Gateway): Promise<void> {
  equal(await settle(() => sasOf(gateway), (count) => count === 0), 0);
}

async function failures(gateway: Gateway, reason: string): Promise<number> {
  const samples = await readMetrics(gateway.api);
  return samples.get(`culvert_ike_failures_total{reason="${reason}"}`) ?? -1;
}
