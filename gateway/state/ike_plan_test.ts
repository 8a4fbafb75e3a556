import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeFiles } from "../../tests/fakes/files.ts";
import { loadConfig } from "../config/load.ts";
import { wipePlan } from "../ike/engine/plan.ts";
import { identityText } from "../ike/identity/identity.ts";
import { IKE_DEFAULTS } from "../ike/suites/suite.ts";
import type { GatewayConfig } from "../config/types.ts";
import { makePlan } from "./ike_plan.ts";

const FILE = `
ike_id = "ignored.example.org"
psk_file = "psk"
pool = ["10.1.0.0/24"]
dns = ["10.1.0.53"]
split_dns = ["corp.example.org"]
child_lifetime_s = 60

[[peer]]
id = "branch.example.org"
psk_file = "psk"
local = "10.1.0.0/16"
remote = "10.2.0.0/16"

[[peer]]
id = "Phone"
psk_file = "psk"
pool = "10.3.0.0/24"
`;

async function load(file: string): Promise<GatewayConfig> {
  const { config } = await loadConfig({
    flags: { config: "c.toml" },
    environment: {},
    readTextFile: createFakeFiles({ "c.toml": file, psk: "a secret of some length" }),
    cores: 1,
  });
  return config;
}

const ticketKeys = [{ id: 7, key: new Uint8Array(32).fill(1) }];

test("a plan has the file's peers, then clients, then whoever has the common secret", async () => {
  const config = await load(FILE);
  const clients = ["laptop", "phone"].map((name) => ({
    name,
    createdAt: "",
    psk: Uint8Array.of(1, 2, 3),
  }));
  const plan = makePlan({ config, id: "gw.example.org", clients, ticketKeys, engine: "wasm" });
  equal(identityText(plan.localId), "gw.example.org");
  deepEqual(plan.peers.map(({ name, isShared }) => [name, isShared]), [
    ["branch.example.org", false],
    ["Phone", false],
    ["laptop", false],
    ["%any", true],
  ]);
  const [branch, phone, laptop] = plan.peers;
  deepEqual(branch?.remote?.map(({ text }) => text), ["10.2.0.0/16"]);
  deepEqual(branch?.local.map(({ text }) => text), ["10.1.0.0/16"]);
  deepEqual(phone?.pool?.map(({ text }) => text), ["10.3.0.0/24"]);
  deepEqual(laptop?.local.map(({ text }) => text), ["0.0.0.0/0", "::/0"]);
  deepEqual([laptop?.remote, laptop?.pool], [null, null]);
  deepEqual(plan.lifetimes, { ike: 14_400_000, child: 60_000 });
  deepEqual(plan.domains, ["corp.example.org"]);
  deepEqual(plan.reserved.map(({ text }) => text), ["10.93.29.1", "10.1.0.53"]);
  deepEqual(plan.halfOpenMax, 1000);
  ok(structuredClone(plan));
  deepEqual(plan.tickets?.keys, ticketKeys);
  wipePlan(plan);
  ok(config.psk?.every((octet) => octet !== 0), "the plan has copies");
  deepEqual(clients[0]?.psk, Uint8Array.of(1, 2, 3));
  equal(ticketKeys[0]?.key[0], 1);
});

test("the engine decides which algorithms come first, unless the user does", async () => {
  const own = 'esp_proposals = "aes128gcm16"\nike_proposals = "aes128gcm16-prfsha256-x25519"\n';
  const [plain, chosen] = [await load(""), await load(own)];
  const plan = (config: GatewayConfig, engine: "wasm" | "native"): number[] =>
    makePlan({ config, id: "gw", clients: [], ticketKeys, engine }).esp.ciphers.map(({ encr }) =>
      encr
    );
  equal(plan(plain, "wasm")[0], 28);
  equal(plan(plain, "native")[0], 20);
  deepEqual(plan(chosen, "wasm"), [20]);
  deepEqual(
    makePlan({ config: plain, id: "gw", clients: [], ticketKeys, engine: "wasm" }).ike,
    IKE_DEFAULTS,
  );
});
