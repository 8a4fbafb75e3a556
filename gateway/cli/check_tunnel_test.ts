import { deepEqual, equal, match } from "node:assert/strict";
import { mock, test } from "node:test";
import { address, prefix } from "../../tests/support/parsed.ts";
import type { RoundTrips } from "../shell/pinger.ts";
import type { TunnelNews } from "../shell/tunnel.ts";
import { checkTunnel } from "./check_tunnel.ts";

const UP: TunnelNews = {
  kind: "up",
  terms: {
    server: "vpn.example.net",
    ikeSuite: "aes256gcm16-prfsha256-x25519",
    espSuite: "chacha20poly1305-esn",
    remote: [prefix("10.93.29.1/32")],
    addresses: [address("10.93.64.1")],
    dns: [],
    domains: [],
  },
};

const TIMES: RoundTrips = { sent: 10, received: 10, minMs: 0.2, meanMs: 0.25, maxMs: 0.4 };

interface Checked {
  readonly code: number;
  readonly printed: readonly string[];
  readonly failed: readonly string[];
  readonly pinged: readonly string[];
}

async function check(
  news: TunnelNews | readonly TunnelNews[] | undefined,
  { inner = null, times = TIMES }: { inner?: string | null; times?: RoundTrips } = {},
): Promise<Checked> {
  const printed: string[] = [];
  const failed: string[] = [];
  const pinged: string[] = [];
  const code = await checkTunnel({
    subscribe(listener): () => void {
      const all = [news ?? []].flat();
      queueMicrotask(() => all.forEach((one) => listener(one)));
      return () => undefined;
    },
    pinger: {
      roundTrips(to): Promise<RoundTrips> {
        pinged.push(to.text);
        return Promise.resolve(times);
      },
      throughput: () =>
        Promise.resolve({ octets: 12_500_000, ms: 2000, sent: 10_000, received: 9_900 }),
    },
    target: "vpn.example.net:4500",
    inner: inner === null ? null : address(inner),
    len: 1400,
    print: (line) => Promise.resolve(printed.push(line)),
    fail: (line) => void failed.push(line),
  });
  return { code, printed, failed, pinged };
}

test("a tunnel that is up is told with its terms and what it carries", async () => {
  const { code, printed, failed, pinged } = await check(UP);
  deepEqual([code, failed, pinged], [0, [], ["10.93.29.1"]]);
  deepEqual(printed, [
    "server      vpn.example.net at vpn.example.net:4500\n",
    "address     10.93.64.1\n",
    "leads to    10.93.29.1/32\n",
    "IKE suite   aes256gcm16-prfsha256-x25519\n",
    "ESP suite   chacha20poly1305-esn\n",
    "round trip  0.25 ms to 10.93.29.1 (0.20 to 0.40 ms, 10 of 10 came back)\n",
    "throughput  50 Mbit/s there and back at once (pings of 1400 octets for 2.0 s, 1.0 % lost)\n",
  ]);
});

test("the profile names the host to ping, and without any nothing is measured", async () => {
  deepEqual((await check(UP, { inner: "10.93.29.7" })).pinged, ["10.93.29.7"]);
  const wide: TunnelNews = { ...UP, terms: { ...UP.terms, remote: [prefix("0.0.0.0/0")] } };
  const { code, printed, pinged } = await check(wide);
  deepEqual([code, pinged], [0, []]);
  match(printed.at(-1) ?? "", /^round trip +not measured/);
});

test("a failure is one line and code 1", async () => {
  const fault = { reason: "secret", text: "The server refuses laptop" };
  const refused = await check({ kind: "failed", fault });
  deepEqual(refused, { code: 1, printed: [], failed: [fault.text], pinged: [] });
  const mute = await check(UP, { times: { ...TIMES, received: 0 } });
  equal(mute.code, 1);
  match(mute.failed.join(""), /^No reply from 10\.93\.29\.1/);
});

test("a client that the server does not know yet is tried once more", async () => {
  const fault = {
    reason: "refused_by_peer",
    text: "The server refuses laptop",
    mayPass: true,
  } as const;
  const failed: TunnelNews = { kind: "failed", fault };
  equal((await check([failed, UP])).code, 0);
  const { code, failed: lines } = await check([failed, failed]);
  deepEqual([code, lines], [1, [fault.text]]);
});

test("no news in time is no answer", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const checked = check(undefined);
    mock.timers.tick(15_000);
    const { code, failed } = await checked;
    equal(code, 1);
    match(failed.join(""), /no answer to IKE in 15 s/);
  } finally {
    mock.timers.reset();
  }
});
