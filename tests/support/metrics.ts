// The counters of `/metrics`, read as a Prometheus server reads them, and the changes between two
// readings.

import { deepEqual, equal } from "node:assert/strict";
import type { Api } from "./api.ts";
import { settle } from "./wait.ts";

/** Samples by `name{label="value",...}`, labels in the order of their names. */
export type Samples = ReadonlyMap<string, number>;

/** One reading. */
export async function readMetrics(api: Api): Promise<Samples> {
  const { status, text } = await api.request("GET", "/metrics");
  equal(status, 200);
  return parseMetrics(text);
}

/**
 * Parses the text format; a line that is neither a comment nor a sample is an error.
 *
 * Not by parse-prometheus-text-format: it takes `not a sample` for the sample `not` with the value
 * "a", and of two samples of one name it keeps the second. promtool, which is exact, is no library
 * (`deno task test:metrics`).
 */
export function parseMetrics(text: string): Samples {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    const [, name, labels = "", value] = match ?? [];
    if (name === undefined) throw new RangeError(`Not a sample: ${line}`);
    const sorted = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)]
      .map(([pair]) => pair).sort().join(",");
    samples.set(sorted === "" ? name : `${name}{${sorted}}`, Number(value));
  }
  return samples;
}

/** A sample; 0 if there is none. */
export function sample(
  samples: Samples,
  name: string,
  labels: Record<string, string> = {},
): number {
  const sorted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`).sort();
  return samples.get(sorted.length === 0 ? name : `${name}{${sorted.join(",")}}`) ?? 0;
}

/** Counts of one family by the value of its only label. */
export function family(samples: Samples, name: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [key, value] of samples) {
    const match = /^([a-z_]+)\{[a-z_]+="([^"]*)"\}$/.exec(key);
    if (match?.[1] === name && match[2] !== undefined) found[match[2]] = value;
  }
  return found;
}

/** The counts that a part of a test expects: any other drop or close fails it. */
export interface Changes {
  readonly drops?: Readonly<Record<string, number>>;
  readonly closes?: Readonly<Record<string, number>>;
}

/** Counts from now on. */
export interface Watch {
  /** Waits for exactly these drops and closes since the watch began, and no other. */
  expect(changes: Changes): Promise<void>;
  /** How much a sample has grown. */
  grown(name: string, labels?: Record<string, string>): Promise<number>;
  /** Waits until a sample has grown by exactly `count`. */
  grows(name: string, labels: Record<string, string>, count: number): Promise<void>;
}

/** Starts to count. */
export async function watchMetrics(api: Api): Promise<Watch> {
  const before = await readMetrics(api);

  async function expect({ drops = {}, closes = {} }: Changes): Promise<void> {
    const wanted = { drops, closes };
    const seen = await settle(
      async () => {
        const after = await readMetrics(api);
        return {
          drops: growth(before, after, "culvert_drops_total"),
          closes: growth(before, after, "culvert_closes_total"),
        };
      },
      (now) => isSame(now, wanted),
    );
    deepEqual(seen, wanted);
  }

  async function grown(name: string, labels: Record<string, string> = {}): Promise<number> {
    return sample(await readMetrics(api), name, labels) - sample(before, name, labels);
  }

  async function grows(name: string, labels: Record<string, string>, count: number): Promise<void> {
    equal(await settle(() => grown(name, labels), (now) => now === count), count, name);
  }

  return { expect, grown, grows };
}

function growth(before: Samples, after: Samples, name: string): Record<string, number> {
  const old = family(before, name);
  const grown: Record<string, number> = {};
  for (const [label, value] of Object.entries(family(after, name))) {
    const more = value - (old[label] ?? 0);
    if (more !== 0) grown[label] = more;
  }
  return grown;
}

function isSame(a: unknown, b: unknown): boolean {
  try {
    deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}
