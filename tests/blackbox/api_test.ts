// The HTTP API: shapes, errors by body, guards, and secrets that it never tells.

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { describe } from "node:test";
import { type Answer, spiText } from "../support/api.ts";
import { expectEcho } from "../support/echo.ts";
import { family, readMetrics } from "../support/metrics.ts";
import { addPeer, freshSpi, makePeer, randomKey } from "../support/peers.ts";
import { askRaw } from "../support/raw_http.ts";
import { scenario } from "../support/scenario.ts";
import { tempFile } from "../support/temp.ts";
import { useGateway } from "../support/use_gateway.ts";
import { settle } from "../support/wait.ts";

type Json = Record<string, unknown>;

describe("installing an SA", () => {
  const gateway = useGateway();

  scenario("201 with Location; what is shown has the defaults and no key", async () => {
    const peer = makePeer();
    const answer = await install(peer.inboundBody);
    const path = `/v1/sas/${(JSON.parse(answer.text) as Json).id}`;
    deepEqual([answer.status, answer.headers.location], [201, path]);
    const sa = await gateway().api.get(path) as Json;
    deepEqual(await gateway().api.get(`/v1/sas/${spiText(peer.inbound.spi)}`), sa);
    for (const [name, value] of Object.entries(peer.inboundBody)) {
      if (name !== "keyMaterial") deepEqual(sa[name], value, name);
    }
    const defaults = {
      replayWindow: 1024,
      softPackets: 4_000_000_000,
      softOctets: 0,
      softSeconds: 21_600,
      hardPackets: 4_294_967_295,
      hardOctets: 0,
      hardSeconds: 28_800,
      initialSequence: 0,
    };
    for (const [name, value] of Object.entries(defaults)) equal(sa[name], value, name);
    ok(!("keyMaterial" in sa));
    const { sas } = await gateway().api.get("/v1/sas") as { sas: Json[] };
    ok(sas.some(({ spi }) => spi === spiText(peer.inbound.spi)));
  });

  scenario("T35: SPI 0xff is 422, 0x100 is taken, by number text of either hex case", async () => {
    const body = makePeer().inboundBody;
    await expectProblem(install({ ...body, spi: "0x000000ff" }), 422, /spi/);
    await expectProblem(install({ ...body, spi: "0x100000000" }), 422, /spi/);
    equal((await install({ ...body, spi: "0x00000100" })).status, 201);
    await gateway().api.removeSa(0x100);
    equal((await install({ ...body, spi: "0xABCDEF01" })).status, 201);
    equal((await gateway().api.request("GET", "/v1/sas/0xabcdef01")).status, 200);
  });

  const invalid: readonly (readonly [string, Json, RegExp])[] = [
    ["an unknown member", { keyMaterail: "00" }, /keyMaterail/],
    ["no SPI", { spi: undefined }, /spi/],
    ["an SPI that is no text", { spi: 4096 }, /spi/],
    ["another direction", { direction: "both" }, /direction/],
    ["an empty peer", { peer: "" }, /peer/],
    ["an unknown AEAD", { aead: "aes-cbc" }, /aead/],
    ["AES-GCM with a short ICV", { aead: "aes-gcm-12" }, /aead/],
    ["no key", { keyMaterial: undefined }, /keyMaterial/],
    ["a prefix that is no address", { local: ["10.93.29.0/33"] }, /local/],
    ["an address without a length", { remote: ["here"] }, /remote/],
    ["no selector", { remote: [] }, /remote/],
    ["a replay window of 31", { replayWindow: 31 }, /replayWindow/],
    ["a replay window of 4097", { replayWindow: 4097 }, /replayWindow/],
    ["ESN without a replay window", { esn: true, replayWindow: 0 }, /replayWindow|esn/],
    ["esn as text", { esn: "yes" }, /esn/],
    ["a negative limit", { hardSeconds: -1 }, /hardSeconds/],
    ["half a packet", { hardPackets: 1.5 }, /hardPackets/],
    ["initialSequence 2^32 without ESN", { initialSequence: 2 ** 32 }, /initialSequence/],
    ["initialSequence 2^64", { esn: true, initialSequence: "18446744073709551616" }, /initialSeq/],
  ];
  for (const [name, change, member] of invalid) {
    scenario(`422: ${name}`, async () => {
      const body = { ...makePeer().inboundBody, ...change };
      await expectProblem(install(body), 422, member);
    });
  }

  for (
    const [aead, lens] of [
      ["aes-gcm-16", [0, 16, 19, 21, 24, 32, 35, 37]],
      ["chacha20-poly1305", [0, 20, 28, 32, 35, 37]],
    ] as const
  ) {
    scenario(`A1: ${aead} takes no key of ${lens.join(", ")} octets`, async () => {
      for (const len of lens) {
        const keyMaterial = randomKey(len).toString("hex");
        const body = { ...makePeer().inboundBody, aead, keyMaterial };
        await expectProblem(install(body), 422, /keyMaterial/);
      }
    });
  }

  scenario("keys that are no hex are 422 and are not echoed", async () => {
    const key = randomKey(20).toString("hex");
    for (
      const keyMaterial of [`0x${key}`, `${key.slice(1)}g`, `${key.slice(1)} `, [key], { key }]
    ) {
      await expectProblem(install({ ...makePeer().inboundBody, keyMaterial }), 422, /keyMaterial/);
    }
    // A key in the wrong place is no more to be echoed than one in its own.
    for (const member of ["peer", "spi", "aead", "direction", "esn", "unknown"]) {
      const body: Json = { ...makePeer().inboundBody, [member]: { key } };
      equal((await install(body)).status, 422, member);
    }
    const upper = { ...makePeer().inboundBody, keyMaterial: key.toUpperCase() };
    equal((await install(upper)).status, 201);
  });

  scenario("409: an SPI that an inbound SA has, for another inbound one", async () => {
    const peer = await addPeer(gateway().api);
    const spi = spiText(peer.inbound.spi);
    await expectProblem(install({ ...makePeer().inboundBody, spi }), 409, /SPI|spi/);
  });

  scenario("an outbound SA has any SPI; 409 if a call names several SAs by it", async () => {
    const { api } = gateway();
    const peer = await addPeer(api);
    const spi = spiText(peer.inbound.spi);
    const answers = [];
    for (let n = 0; n < 2; n++) answers.push(await install({ ...makePeer().outboundBody, spi }));
    const ids = answers.map(({ text }) => (JSON.parse(text) as Json).id);
    const first = (await api.get("/v1/sas") as { sas: Json[] }).sas.find((sa) => sa.spi === spi);
    const problem = await expectProblem(api.request("GET", `/v1/sas/${spi}`), 409, /by its id/);
    deepEqual(problem.sas, [first?.id, ...ids]);
    await expectProblem(api.request("DELETE", `/v1/sas/${spi}`), 409, /by its id/);
    for (const id of ids) equal((await api.request("DELETE", `/v1/sas/${id}`)).status, 204);
    equal((await api.get(`/v1/sas/${spi}`) as Json).id, first?.id);
  });

  scenario(
    "P15: 409: remote selectors that overlap another peer's; the same peer may overlap itself",
    async () => {
      const peer = await addPeer(gateway().api);
      const [inner] = peer.inboundBody.remote as string[];
      const wide = inner?.replace(/\.\d+\/32$/, ".0/24");
      for (const remote of [[inner], [wide], ["10.93.31.1/32", inner]]) {
        await expectProblem(install({ ...makePeer().outboundBody, remote }), 409, /remote/);
      }
      const same = { ...makePeer().outboundBody, peer: peer.name, remote: [inner] };
      equal((await install(same)).status, 201);
    },
  );

  scenario("A8: 422: one key for both directions", async () => {
    const peer = await addPeer(gateway().api);
    const keyMaterial = peer.inbound.keyMaterial.toString("hex");
    await expectProblem(install({ ...makePeer().outboundBody, keyMaterial }), 422, /key/i);
  });

  scenario(
    "A7: 409: an outbound key again with a number below its last; taken from there on",
    async () => {
      const peer = await addPeer(gateway().api);
      const connection = await gateway().connect();
      for (let i = 0; i < 5; i++) await expectEcho(connection, peer);
      await gateway().api.removeSa(peer.outbound.spi);
      const body = { ...peer.outboundBody, spi: spiText(freshSpi()) };
      for (const initialSequence of [0, 4]) {
        await expectProblem(
          install({ ...body, initialSequence }),
          409,
          /initialSequence|number|key/,
        );
      }
      equal((await install({ ...body, initialSequence: 5 })).status, 201);
    },
  );

  scenario(
    "A7: a copy of an outbound SA that is still installed is 409, whatever its SPI",
    async () => {
      const peer = await addPeer(gateway().api);
      const body = { ...peer.outboundBody, spi: spiText(freshSpi()) };
      await expectProblem(install(body), 409, /./);
    },
  );

  scenario("DELETE is 204, then 404; the SPI may be installed again", async () => {
    const peer = await addPeer(gateway().api);
    const path = `/v1/sas/${spiText(peer.inbound.spi)}`;
    equal((await gateway().api.request("DELETE", path)).status, 204);
    await expectProblem(gateway().api.request("DELETE", path), 404, /./);
    await expectProblem(gateway().api.request("GET", path), 404, /./);
    equal((await install(peer.inboundBody)).status, 201);
  });

  function install(body: unknown): Promise<Answer> {
    return gateway().api.request("POST", "/v1/sas", { body });
  }
});

describe("requests", () => {
  const gateway = useGateway();

  scenario("400: what is not JSON; 413: over 64 KiB; 405 and 404 as problems too", async () => {
    const { api } = gateway();
    for (const body of ["", "{", "key=1", "[1,"]) {
      await expectProblem(api.request("POST", "/v1/sas", { body }), 400, /./);
    }
    for (const body of ["[]", "1", "null", '"x"']) {
      await expectProblem(api.request("POST", "/v1/sas", { body }), 422, /./);
    }
    const huge = JSON.stringify({ peer: "x".repeat(70_000) });
    await expectProblem(api.request("POST", "/v1/sas", { body: huge }), 413, /./);
    await expectProblem(api.request("PUT", "/v1/sas"), 405, /./);
    await expectProblem(api.request("POST", "/v1/connections"), 405, /./);
    await expectProblem(api.request("GET", "/v1/nothing"), 404, /./);
    await expectProblem(api.request("GET", "/v1/sas/zebra"), 404, /./);
    await expectProblem(api.request("GET", "/v1/connections/999999"), 404, /./);
    await expectProblem(api.request("DELETE", "/v1/connections/999999"), 404, /./);
  });

  scenario("403: a foreign Host, and a foreign Origin on calls that change something", async () => {
    const { api } = gateway();
    const get = (host: string): Promise<Answer> =>
      api.request("GET", "/v1/status", { headers: { host } });
    await expectProblem(get("evil.example"), 403, /Host/i);
    await expectProblem(get("127.0.0.1.evil.example"), 403, /Host/i);
    for (const host of [`localhost:${api.port}`, `127.0.0.1:${api.port}`, "[::1]"]) {
      equal((await get(host)).status, 200, host);
    }
    const live = await api.request("GET", "/livez", { headers: { host: "evil.example" } });
    equal(live.status, 200);
    const body = makePeer().inboundBody;
    const origin = "https://evil.example";
    const post = api.request("POST", "/v1/sas", { body, headers: { origin } });
    await expectProblem(post, 403, /Origin/i);
    const own = { origin: `http://127.0.0.1:${api.port}` };
    equal((await api.request("POST", "/v1/sas", { body, headers: own })).status, 201);
  });

  scenario("the probes answer in the media type that the document says", async () => {
    const { api } = gateway();
    const { paths } = await api.get("/openapi.json") as { paths: Record<string, Json> };
    for (const path of ["/livez", "/readyz"]) {
      const { responses } = paths[path]?.get as { responses: Record<string, { content: Json }> };
      const { headers } = await api.request("GET", path);
      deepEqual(Object.keys(responses["200"]?.content ?? {}), [headers["content-type"]], path);
      match(await askRaw(api, `HEAD ${path} HTTP/1.0`), /\r\ncontent-type: text\/plain; /i, path);
    }
  });

  scenario("without Host, as balancers probe, or with one that is none", async () => {
    const { api } = gateway();
    for (const path of ["/livez", "/readyz", "/metrics"]) {
      match(await askRaw(api, `GET ${path} HTTP/1.0`), /^HTTP\/1\.[01] 200 /, path);
    }
    for (const host of ["a b", "[::", "a:99999", ""]) {
      const ask = (path: string): Promise<string> =>
        askRaw(api, `GET ${path} HTTP/1.1`, `Host: ${host}`);
      match(await ask("/livez?x=1"), /^HTTP\/1\.1 200 /, host);
      match(await ask("/readyz"), /^HTTP\/1\.1 200 /, host);
      match(await ask("/metrics"), /^HTTP\/1\.1 403 /, host);
    }
    match(await askRaw(api, "CONNECT [:: HTTP/1.0"), /^HTTP\/1\.[01] 40[03] /);
  });

  scenario("/v1/status, /v1/connections and one connection have their members", async () => {
    const { api } = gateway();
    const peer = await addPeer(api);
    const connection = await gateway().connect();
    await expectEcho(connection, peer);
    const status = await api.get("/v1/status") as Json;
    deepEqual(
      Object.keys(status).sort(),
      [
        ...["draining", "engine", "lanes", "limits", "listeners", "offloads", "runtime", "totals"],
        ...["unready", "upstream", "uptimeSeconds", "version"],
      ],
    );
    const { host, port } = gateway().tcp[0] ?? { host: "", port: 0 };
    deepEqual([status.listeners, status.unready], [[`${host}:${port}`], []]);
    match(String(status.runtime), /^(deno|bun) \d+\.\d+\.\d+/);
    // A frame counts once the kernel has it, so its answer may be here before the count.
    const shown = await settle(
      async () => (await api.get("/v1/connections") as { connections: Json[] }).connections[0],
      (connection) => ((connection?.frames as Json)?.outbound as Json)?.esp === 1,
    );
    const members = ["id", "remote", "state", "since", "lane", "frames", "octets", "queueOctets"];
    deepEqual(
      Object.keys(shown ?? {}).sort(),
      [...members, "local", "rttMicros", "sas", "spis", "upstreamLocal"].sort(),
    );
    equal(shown?.remote, `127.0.0.1:${connection.localPort}`);
    equal(shown?.local, `127.0.0.1:${gateway().tcp[0]?.port}`);
    equal(shown?.state, "enabled");
    ok(Math.abs(Date.parse(String(shown?.since)) - Date.now()) < 60_000);
    deepEqual((shown?.frames as Json).inbound, { ike: 0, esp: 1, keepalive: 0, empty: 0 });
    deepEqual((shown?.frames as Json).outbound, { ike: 0, esp: 1, keepalive: 0, empty: 0 });
    deepEqual(shown?.spis, [spiText(peer.inbound.spi), spiText(peer.outbound.spi)]);
    for (const [at, id] of (shown?.sas as number[]).entries()) {
      equal((await api.get(`/v1/sas/${id}`) as Json).spi, (shown?.spis as string[])[at]);
    }
    const one = await api.get(`/v1/connections/${shown?.id}`) as Json;
    // The kernel measures on.
    deepEqual({ ...one, rttMicros: 0 }, { ...shown, rttMicros: 0 });
  });

  scenario(
    "/metrics has every status from the start, build info, and no label that a peer chooses",
    async () => {
      const samples = await readMetrics(gateway().api);
      for (const reason of DROPS) ok(reason in family(samples, "culvert_drops_total"), reason);
      for (const reason of CLOSES) ok(reason in family(samples, "culvert_closes_total"), reason);
      const names = [...samples.keys()];
      for (const start of METRICS) ok(names.some((name) => name.startsWith(start)), start);
      ok(!names.some((name) => /127\.0\.0|peer-/.test(name)));
    },
  );

  scenario(
    "/metrics is what Prometheus reads: a type for each family, histograms cumulative",
    async () => {
      const { text, headers } = await gateway().api.request("GET", "/metrics");
      match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
      const types = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
      for (const [, name] of text.matchAll(/^([a-z_]+)/gm)) {
        const base = (name ?? "").replace(/_(bucket|sum|count)$/, "");
        ok(types.has(name) || types.has(base), name);
      }
      const buckets = [...text.matchAll(/^culvert_ike_delay_seconds_bucket\{.*\} (\d+)$/gm)]
        .map(([, count]) => Number(count));
      ok(buckets.length > 3);
      deepEqual(buckets, buckets.toSorted((a, b) => a - b));
    },
  );
});

describe("bearer token", () => {
  const token = randomKey(24).toString("hex");
  const gateway = useGateway(["--api-token-file", tempFile(`${token}\n`)], { token });

  scenario("on loopback it guards the calls that change something, and only those", async () => {
    const { api } = gateway();
    const none = { authorization: "" };
    equal((await api.request("GET", "/v1/status", { headers: none })).status, 200);
    const body = makePeer().inboundBody;
    for (const authorization of ["", "Bearer", `Bearer ${token}x`, `Basic ${token}`]) {
      const answer = api.request("POST", "/v1/sas", { body, headers: { authorization } });
      await expectProblem(answer, 401, /./);
      match(String((await answer).headers["www-authenticate"]), /^Bearer/);
    }
    equal((await api.request("POST", "/v1/sas", { body })).status, 201);
  });
});

/**
 * RFC 9457: the status of the header again in the body, a type, a title, and a detail that names
 * the fault.
 */
async function expectProblem(
  answer: Promise<Answer>,
  status: number,
  says: RegExp,
): Promise<Json> {
  const { status: got, headers, text } = await answer;
  equal(got, status, text);
  match(String(headers["content-type"]), /^application\/problem\+json/);
  const problem = JSON.parse(text) as Json;
  equal(problem.status, status);
  equal(typeof problem.title, "string");
  match(text, says);
  return problem;
}

const DROPS = [
  ...["frame_short", "ike_short", "ike_too_long", "esp_too_long", "no_upstream"],
  ...["upstream_refused", "upstream_overflow", "esp_short", "unknown_spi", "seq_zero"],
  ...["seq_replayed", "seq_stale", "icv_mismatch", "pad_length_invalid", "pad_octets_invalid"],
  ...["dummy_packet", "next_header_unknown", "inner_invalid", "selector_mismatch"],
  ...["seq_exhausted", "sa_expired", "no_policy", "no_path", "tx_ring_full", "inner_full"],
];
const CLOSES = [
  ...["prefix_mismatch", "prefix_timeout", "frame_length_invalid", "frame_timeout"],
  ...["send_stalled", "peer_closed", "peer_reset", "idle_timeout", "suspect_limit", "kicked"],
  "drained",
];
const METRICS = [
  ...['culvert_connections{state="enabled"}', 'culvert_accepts_total{result="accepted"}'],
  ...["culvert_frames_total{", "culvert_octets_total{", "culvert_sas{", "culvert_build_info{"],
  ...["culvert_esp_packets_total{", "culvert_send_queue_octets_bucket{"],
  ...["culvert_ike_delay_seconds_bucket{", "culvert_lane_busy_ratio{"],
];
