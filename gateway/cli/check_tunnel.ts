// `connect --check`: says whether a tunnel comes up, what both sides have agreed on, and what it
// carries. The echo host of this side pings a host behind the server.

import type { IpAddress } from "../model/address.ts";
import type { Prefix } from "../model/prefix.ts";
import { addressText } from "../model/address.ts";
import type { Pinger, RoundTrips, Throughput } from "../shell/pinger.ts";
import type { TunnelNews, TunnelTerms } from "../shell/tunnel.ts";

/** What a check works with. */
export interface CheckOptions {
  /** Calls `listener` with all news of the tunnel. The result ends that. */
  readonly subscribe: (listener: (news: TunnelNews) => void) => () => void;
  readonly pinger: Pick<Pinger, "roundTrips" | "throughput">;
  /** Where it connects to, as the user has written it. */
  readonly target: string;
  /** The host behind the server that answers pings; null if the profile names none. */
  readonly inner: IpAddress | null;
  /** Octets of a ping that measures throughput: as many as an inner packet may have. */
  readonly len: number;
  readonly print: (line: string) => Promise<unknown>;
  readonly fail: (line: string) => void;
}

/** How long the tunnel may take to come up, ms. */
const UP_MS = 15_000;

/** Pings one by one, and how long the tunnel is then kept full, ms. */
const PINGS = 10;
const FULL_MS = 2000;

/** Checks a tunnel, and prints what it has found. The result is the exit code. */
export async function checkTunnel(options: CheckOptions): Promise<number> {
  const { print, fail, target, pinger } = options;
  const news = await firstNews(options);
  if (news === undefined) {
    fail(
      `Connected to ${target}, and no answer to IKE in ${UP_MS / 1000} s: what listens there ` +
        "may be no gateway for IKE in TCP (RFC 9329), or IKE is off there",
    );
    return 1;
  }
  if (news.kind === "failed") {
    fail(news.fault.text);
    return 1;
  }
  const { terms } = news;
  for (const line of termLines(terms, target)) await print(line);
  const to = options.inner ?? onlyHost(terms.remote);
  if (to === undefined) {
    await print(lineOf("round trip", `not measured: the profile names no inner host to ping`));
    return 0;
  }
  const times = await pinger.roundTrips(to, PINGS);
  if (times.received === 0) {
    fail(
      `No reply from ${to.text} through the tunnel: that host does not answer pings, or the ` +
        "server does not reach it; mend inner in the profile",
    );
    return 1;
  }
  await print(lineOf("round trip", timesText(times, to)));
  const full = await pinger.throughput(to, { len: options.len, durationMs: FULL_MS });
  await print(lineOf("throughput", throughputText(full, options.len)));
  return 0;
}

/**
 * The first news, or the second if the first was a failure that may pass; undefined if there are
 * none in time.
 */
async function firstNews({ subscribe }: CheckOptions): Promise<TunnelNews | undefined> {
  let isSecond = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unsubscribe = (): void => undefined;
  const news = await new Promise<TunnelNews | undefined>((resolve) => {
    unsubscribe = subscribe((one) => {
      const mayPass = one.kind === "failed" && one.fault.mayPass === true;
      if (mayPass && !isSecond) isSecond = true;
      else resolve(one);
    });
    timer = setTimeout(() => resolve(undefined), UP_MS);
  });
  clearTimeout(timer);
  unsubscribe();
  return news;
}

function termLines(terms: TunnelTerms, target: string): readonly string[] {
  return [
    lineOf("server", `${terms.server} at ${target}`),
    lineOf("address", terms.addresses.map(({ text }) => text).join(", ")),
    lineOf("leads to", terms.remote.map(({ text }) => text).join(", ")),
    lineOf("IKE suite", terms.ikeSuite),
    lineOf("ESP suite", terms.espSuite),
  ];
}

function lineOf(name: string, value: string): string {
  return `${name.padEnd(12)}${value}\n`;
}

function timesText({ sent, received, minMs, meanMs, maxMs }: RoundTrips, to: IpAddress): string {
  const [least, mean, most] = [minMs, meanMs, maxMs].map((ms) => ms.toFixed(2));
  return `${mean} ms to ${to.text} (${least} to ${most} ms, ${received} of ${sent} came back)`;
}

/** What is lost shows how far the window went: nothing else in the tunnel loses packets. */
function throughputText({ octets, ms, sent, received }: Throughput, len: number): string {
  const megabits = octets * 8 / ms / 1000;
  const lost = sent === 0 ? 0 : 100 * (sent - received) / sent;
  return `${megabits.toFixed(megabits < 10 ? 1 : 0)} Mbit/s there and back at once ` +
    `(pings of ${len} octets for ${(ms / 1000).toFixed(1)} s, ${lost.toFixed(1)} % lost)`;
}

/** The host that the tunnel leads to, if that is one. */
function onlyHost(remote: readonly Prefix[]): IpAddress | undefined {
  const [host] = remote.filter(({ octets, bits }) => bits === octets.length * 8);
  return host === undefined ? undefined : { octets: host.octets, text: addressText(host.octets) };
}
