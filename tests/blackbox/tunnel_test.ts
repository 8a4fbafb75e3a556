// `connect` with IKE inside, against a server with IKE inside: two programs, without root.

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Api, openApi } from "../support/api.ts";
import { type Gateway, parseListening, startGateway, stopCleanly } from "../support/gateway.ts";
import { SECRET } from "../support/ike/pair.ts";
import { type Exit, type Program, runProgram, startProgram } from "../support/program.ts";
import { peersOf, type ProfileChanges, startServer, writeProfile } from "../support/tunnel.ts";
import { tempFile, tempFolder } from "../support/temp.ts";
import { settle, WAIT_MS, within } from "../support/wait.ts";

const TIMEOUT_MS = 60_000;

function scenario(name: string, run: () => Promise<void>): void {
  test(name, { timeout: TIMEOUT_MS }, run);
}

scenario(
  "a check prints the terms of the tunnel and what it carries, and takes it down",
  async () => {
    await withServer(async (server) => {
      const { code, stdout, stderr } = await check(portOf(server), writeProfile(portOf(server)));
      equal(code, 0, stderr);
      equal(stderr, "");
      match(stdout, /^server +gw\.example\.org at 127\.0\.0\.1:\d+$/m);
      match(stdout, /^address +10\.93\.64\.1$/m);
      match(stdout, /^leads to +10\.93\.29\.1\/32$/m);
      match(stdout, /^IKE suite +aes256gcm16-prfsha256-x25519/m);
      match(stdout, /^ESP suite +\w+-esn$/m);
      match(stdout, /^round trip +[\d.]+ ms to 10\.93\.29\.1 \(.*10 of 10 came back\)$/m);
      const [, rate = "0"] = /^throughput +([\d.]+) Mbit\/s/m.exec(stdout) ?? [];
      ok(Number(rate) > 1, stdout);
      equal(await settle(async () => (await peersOf(server)).length, (count) => count === 0), 0);
    });
  },
);

scenario("a check of what fails is one line that says what to mend, and code 1", async () => {
  await withServer(async (server) => {
    const port = portOf(server);
    const cases: readonly (readonly [ProfileChanges, readonly string[], RegExp])[] = [
      [{ psk: Uint8Array.of(1, 2, 3) }, [], /refuses laptop@example\.org: .*another secret/],
      [{ id: "laptop@example.com" }, [], /refuses laptop@example\.com: .*does not know/],
      [{ serverId: "vpn.example.org" }, [], /is gw\.example\.org, and vpn\.example\.org is wanted/],
      [{ remote: ["192.0.2.0/24"] }, [], /nothing of what it asks for/],
      [
        {},
        ["--ike-proposals", "aes256gcm16-prfsha256-ecp521"],
        /No common algorithms \(NO_PROPOSAL_CHOSEN to aes256gcm16-prfsha256-ecp521\)/,
      ],
    ];
    for (const [changes, args, line] of cases) {
      const { code, stdout, stderr } = await check(port, writeProfile(port, changes), args);
      equal(code, 1, stdout);
      equal(stdout, "");
      equal(stderr.trimEnd().split("\n").length, 1, stderr);
      match(stderr, line);
    }
    // The server has its own line for each.
    match(server.program.stderr(), /ike_refused .*reason=secret/);
    match(server.program.stderr(), /ike_refused .*reason=identity_unknown/);
    match(server.program.stderr(), /ike_refused .*reason=ike_proposal/);
  });
});

scenario("a check says when nobody is there, or somebody else", async () => {
  const closed = createServer((socket) => void socket.once("data", () => socket.destroy()));
  await new Promise<void>((resolve) => void closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address() as AddressInfo;
  const other = await check(port, writeProfile(port));
  equal(other.code, 1);
  match(other.stderr, /^The server has closed the connection before IKE was done/);
  await new Promise<void>((resolve) => void closed.close(() => resolve()));
  const away = await check(port, writeProfile(port));
  equal(away.code, 1);
  match(away.stderr, /ECONNREFUSED: nothing listens there/);
  equal(away.stderr.trimEnd().split("\n").length, 1);
  const name = await runProgram(
    ["connect", "nobody.invalid", "--profile", writeProfile(port), "--check"],
    { timeoutMs: 30_000 },
  );
  equal(name.code, 1);
  match(name.stderr, /^Cannot resolve nobody\.invalid.*mend the name/);
});

scenario("a profile that everybody can read is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "culvert-open-"));
  try {
    chmodSync(folder, 0o755);
    const path = join(folder, "laptop.toml");
    copyFileSync(writeProfile(1), path);
    chmodSync(path, 0o644);
    const { code, stderr } = await check(1, path);
    equal(code, 2);
    equal(stderr, `--profile: ${path} can be read by everybody (chmod o-r ${path})\n`);
    chmodSync(path, 0o600);
    equal((await check(1, path)).code, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

scenario("a lost connection goes on with the same IKE SA and the same SAs", async () => {
  await withServer(async (server) => {
    await withClient(server, async ({ api, program }) => {
      const [before] = await connectedPeers(server);
      const spis = await spisOf(api);
      equal(spis.length, 2);
      for (let i = 0; i < 3; i++) {
        const [peer] = await connectedPeers(server);
        equal(
          (await server.api.request("DELETE", `/v1/connections/${peer?.connection}`)).status,
          204,
        );
        const moved = await settle(
          () => connectedPeers(server),
          ([now]) => now !== undefined && now.connection !== peer?.connection,
        );
        equal(moved[0]?.id, before?.id);
      }
      deepEqual(await spisOf(api), spis);
      equal(program.stderr().split("tunnel_up").length, 2, program.stderr());
    });
  });
});

scenario("a server that was started again gets a new IKE SA", async () => {
  const first = await startServer();
  const port = portOf(first);
  let second: Gateway | undefined;
  try {
    await withClient(first, async ({ program }) => {
      first.program.kill("SIGKILL");
      await first.program.exited;
      second = await startServer(["--listen", `127.0.0.1:${port}`]);
      const again = second;
      equal((await settle(() => connectedPeers(again), (peers) => peers.length === 1)).length, 1);
      const isUp = (): boolean => program.stderr().split("tunnel_up").length === 3;
      ok(await settle(isUp, (up) => up), program.stderr());
      match(program.stderr(), /tunnel_down .*reason=peer_gone/);
    });
  } finally {
    first.api.close();
    await stopCleanly(second);
  }
});

scenario("a server that was started again resumes by the client's ticket", async () => {
  const dir = join(tempFolder(), "state");
  // In the end the server gives its client less, so that the ticket is of no use.
  const prefixes = ["10.93.29.0/24", "10.93.29.0/24", "10.93.29.1/32"];
  const port = await freePort();
  let server = await startStored(dir, { port, local: prefixes[0] ?? "" });
  try {
    await withClient(server, async ({ program }) => {
      const told = (): readonly string[] => establishedOf(program);
      deepEqual(told(), ["false"]);
      for (const [at, resumed] of [[1, "true"], [2, "false"]] as const) {
        server.program.kill("SIGKILL");
        await server.program.exited;
        server.api.close();
        server = await startStored(dir, { port, local: prefixes[at] ?? "" });
        ok(await settle(() => told().length, (count) => count > at), program.stderr());
        deepEqual(told().slice(at), [resumed]);
        equal((await connectedPeers(server)).length, 1);
        deepEqual(establishedOf(server.program), [resumed]);
        const isUp = (): boolean => program.stderr().split("tunnel_up").length === at + 2;
        ok(await settle(isUp, (up) => up), program.stderr());
      }
      ok(!program.stderr().includes("tunnel_failed"), program.stderr());
    });
  } finally {
    await stopCleanly(server);
  }
});

scenario("the end deletes the tunnel at the server, whatever signal asks for it", async () => {
  await withServer(async (server) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      await withClient(server, async ({ program }) => {
        equal((await connectedPeers(server)).length, 1);
        program.kill(signal);
        equal((await exitOf(program)).code, 0, program.stderr());
      });
      equal(await settle(async () => (await peersOf(server)).length, (count) => count === 0), 0);
    }
    const ends = server.program.stderr().match(/ike_ended .*reason=deleted_by_peer/g);
    equal(ends?.length, 2);
  });
});

scenario("the end does not wait for a server that does not answer", async () => {
  await withServer(async (server) => {
    await withClient(server, async ({ program }) => {
      await connectedPeers(server);
      server.program.kill("SIGSTOP");
      try {
        program.kill("SIGTERM");
        equal((await exitOf(program)).code, 0, program.stderr());
      } finally {
        server.program.kill("SIGCONT");
      }
    });
  });
});

scenario("a secret that is mended later brings the tunnel up without a restart", async () => {
  const server = await startServer([], { remoteId: "*@example.com" });
  const port = portOf(server);
  let second: Gateway | undefined;
  try {
    await withProgram(writeProfile(port), port, async ({ program }) => {
      const isRefused = (): boolean => /tunnel_failed .*refuses laptop/.test(program.stderr());
      ok(await settle(isRefused, (told) => told), program.stderr());
      await stopCleanly(server);
      second = await startServer(["--listen", `127.0.0.1:${port}`]);
      const again = second;
      const peers = await settle(() => connectedPeers(again), ({ length }) => length === 1);
      equal(peers.length, 1, program.stderr());
    });
  } finally {
    if (server.program.isRunning()) await stopCleanly(server);
    await stopCleanly(second);
  }
});

/** A server with the keys of its tickets in a folder. */
function startStored(
  dir: string,
  { port, local }: { readonly port: number; readonly local: string },
): Promise<Gateway> {
  const psk = tempFile(`0s${Buffer.from(SECRET).toString("base64")}\n`);
  const lines = [
    "[[peer]]",
    'id = "laptop@example.org"',
    `psk_file = "${psk}"`,
    `local = ["${local}"]`,
    "",
  ];
  return startGateway([
    ...["--ike", "inside", "--ike-id", "gw.example.org", "--state-dir", dir],
    ...["--listen", `127.0.0.1:${port}`, "--config", tempFile(lines.join("\n"), "toml")],
  ]);
}

/** Whether each IKE SA of a program was resumed. */
function establishedOf(program: Program): readonly string[] {
  const lines = program.stderr().matchAll(/ike_established .*resumed=(\w+)/g);
  return [...lines].map(([, resumed = ""]) => resumed);
}

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => void listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  await new Promise<void>((resolve) => void listener.close(() => resolve()));
  return port;
}

interface Client {
  readonly program: Program;
  readonly api: Api;
}

async function withServer(run: (server: Gateway) => Promise<void>): Promise<void> {
  const server = await startServer();
  try {
    await run(server);
  } finally {
    await stopCleanly(server);
  }
}

/** A client whose tunnel is up. It ends cleanly, unless it has ended before. */
async function withClient(server: Gateway, run: (client: Client) => Promise<void>): Promise<void> {
  const port = portOf(server);
  await withProgram(writeProfile(port), port, async (client) => {
    const isUp = (): boolean => client.program.stderr().includes("tunnel_up");
    ok(await settle(isUp, (up) => up), client.program.stderr());
    await run(client);
  });
}

async function withProgram(
  profile: string,
  port: number,
  run: (client: Client) => Promise<void>,
): Promise<void> {
  const args = ["connect", `127.0.0.1:${port}`, "--profile", profile, "--api", "127.0.0.1:0"];
  const program = startProgram(args);
  try {
    const { api: endpoint } = parseListening(await program.line("connecting "));
    const api = openApi(endpoint.host, endpoint.port, undefined);
    await run({ program, api });
    api.close();
  } finally {
    if (program.isRunning()) program.kill("SIGTERM");
    equal((await exitOf(program)).code, 0, program.stderr());
  }
}

function exitOf(program: Program): Promise<Exit> {
  return within<Exit>(
    WAIT_MS,
    "the client's end",
    (resolve, reject) => void program.exited.then(resolve, reject),
  );
}

function check(
  port: number,
  profile: string,
  more: readonly string[] = [],
): ReturnType<typeof runProgram> {
  const args = ["connect", `127.0.0.1:${port}`, "--profile", profile, "--check", ...more];
  return runProgram(args, { timeoutMs: 30_000 });
}

/** Clients that have a connection, as soon as there is one. */
async function connectedPeers(server: Gateway): ReturnType<typeof peersOf> {
  const connected = async (): ReturnType<typeof peersOf> =>
    (await peersOf(server)).filter(({ state }) => state === "connected");
  return await settle(connected, ({ length }) => length > 0);
}

async function spisOf(api: Api): Promise<readonly string[]> {
  const { sas } = await api.get("/v1/sas") as { sas: readonly { spi: string }[] };
  return sas.map(({ spi }) => spi).sort();
}

function portOf({ tcp: [first] }: Gateway): number {
  ok(first !== undefined);
  return first.port;
}
