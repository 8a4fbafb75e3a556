// Clients of a gateway with IKE inside, from their making to their end, with engines on real TCP
// connections: who may come, who keeps an address, and who is cut.

import { deepEqual, equal, notEqual } from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Profile, readProfile } from "../../gateway/config/profile.ts";
import { NEW_CLIENT } from "../../gateway/model/client.ts";
import { type Gateway, startGateway, stopCleanly } from "../support/gateway.ts";
import { type IkeClient, openIkeClient, toldOf } from "../support/ike/client.ts";
import { tempFile, tempFolder } from "../support/temp.ts";
import { settle } from "../support/wait.ts";

const TIMEOUT_MS = 120_000;

test("clients come, keep their addresses, and go alone", { timeout: TIMEOUT_MS }, async () => {
  const dir = join(tempFolder(), "state");
  const args = ["--ike", "inside", "--state-dir", dir];
  const first = await startGateway(args);
  const [laptop, phone] = [await make(first, "laptop"), await make(first, "phone")];
  const before = [await come(first, "laptop", laptop), await come(first, "phone", phone)];
  const addresses = before.map((client) => client.address());
  deepEqual(addresses, ["10.93.64.1", "10.93.64.2"]);
  for (const client of before) await client.ping();
  for (const client of before) client.close();
  await stopCleanly(first);

  const again = await startGateway(args);
  const other = await come(again, "phone", phone);
  const gone = await come(again, "laptop", laptop);
  deepEqual([gone.address(), other.address()], addresses, "addresses outlive a restart");
  const { status } = await again.api.request("DELETE", "/v1/clients/laptop");
  equal(status, 204);
  await gone.until("the Delete", () => toldOf(gone, "ended") > 0);
  await other.ping();
  equal(toldOf(other, "ended"), 0, "nobody is cut who is unchanged");
  const stranger = openIkeClient(await again.connect(), "laptop");
  await stranger.initiate({ psk: laptop.psk, remoteId: laptop.serverId });
  equal(toldOf(stranger, "refused"), 1);
  for (const client of [gone, other, stranger]) client.close();
  await stopCleanly(again);
});

test("a gateway that knows nobody tells how the other side begins", {
  timeout: TIMEOUT_MS,
}, async () => {
  const dir = join(tempFolder(), "state");
  const gateway = await startGateway(["--ike", "inside", "--state-dir", dir]);
  const stderr = await settle(gateway.program.stderr, (text) => text.includes("first_client"));
  const [, address, path = ""] = /connect (\S+) --profile ([^"\s]+)/.exec(stderr) ?? [];
  const [tcp] = gateway.tcp;
  equal(address, `${tcp?.host}:${tcp?.port}`);
  equal(path, join(dir, "client.toml"));
  equal(statSync(path).mode & 0o777, 0o600);
  const client = await come(gateway, "client", readProfile(path, readFileSync(path, "utf8")));
  await client.ping();
  client.close();
  await stopCleanly(gateway);
});

test("SIGHUP cuts a peer that has changed, and no other", { timeout: TIMEOUT_MS }, async () => {
  const secrets = ["a secret of more than twenty octets", "another of more than twenty octets"];
  const files = secrets.map((secret) => tempFile(secret));
  const file = tempFile(
    ["a", "b"].map((id, at) => `[[peer]]\nid = "${id}"\npsk_file = "${files[at]}"\n`).join(""),
    "toml",
  );
  const dir = join(tempFolder(), "state");
  const gateway = await startGateway([
    ...["--ike", "inside", "--ike-id", "gw.example.org", "--state-dir", dir, "--config", file],
  ]);
  const profileOf = (secret = ""): Pick<Profile, "psk" | "serverId"> => ({
    psk: new TextEncoder().encode(secret),
    serverId: "gw.example.org",
  });
  const a = await come(gateway, "a", profileOf(secrets[0]));
  const b = await come(gateway, "b", profileOf(secrets[1]));
  notEqual(a.address(), b.address());
  writeFileSync(files[0] ?? "", "a third one of more than twenty octets");
  gateway.program.kill("SIGHUP");
  await a.until("the Delete", () => toldOf(a, "ended") > 0);
  await b.ping();
  equal(toldOf(b, "ended"), 0);
  for (const client of [a, b]) client.close();
  await stopCleanly(gateway);
});

async function make({ api }: Gateway, name: string): Promise<Profile> {
  const { status, text } = await api.request("POST", "/v1/clients", { body: { name } });
  equal(status, 201, text);
  return readProfile("profile", NEW_CLIENT.parse(JSON.parse(text)).profile);
}

/** A client that is up. */
async function come(
  gateway: Gateway,
  name: string,
  { psk, serverId }: Pick<Profile, "psk" | "serverId">,
): Promise<IkeClient> {
  const client = openIkeClient(await gateway.connect(), name);
  await client.initiate({ psk, remoteId: serverId });
  deepEqual(client.told.filter(({ kind }) => kind === "refused"), [], gateway.program.stderr());
  return client;
}
