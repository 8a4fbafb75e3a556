import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { LogLevel } from "../model/log_level.ts";
import { createLog } from "./log.ts";

function setup(format: "text" | "json", level: LogLevel = "info"): {
  lines: string[];
  clock: { now: number };
  log: ReturnType<typeof createLog>;
} {
  const lines: string[] = [];
  const clock = { now: 0 };
  const log = createLog({
    format,
    level,
    write: (line) => void lines.push(line),
    now: () => clock.now,
    date: () => new Date(0),
  });
  return { lines, clock, log };
}

test("log() writes one line an event, quoted where it must be", () => {
  const { lines, log } = setup("text");
  log("info", "connection_opened", { remote: "[2001:db8::1]:9", note: 'a "b"\nc' });
  equal(
    lines[0],
    '1970-01-01T00:00:00.000Z info  connection_opened remote=[2001:db8::1]:9 note="a \\"b\\"\\nc"\n',
  );
});

test("log() cuts texts that are longer than a line should be", () => {
  const { lines, log } = setup("json");
  log("error", "api_failed", { reason: "x".repeat(1_000_000) });
  equal(JSON.parse(lines[0] ?? "").reason.length, 4097);
});

test("log() leaves out what is below its level", () => {
  const { lines, log } = setup("json", "warn");
  log("info", "quiet");
  log("error", "loud", { status: "core_trap" });
  equal(lines.length, 1);
  equal(JSON.parse(lines[0] ?? "").status, "core_trap");
});

test("log() holds a flood back and says how much of it", () => {
  const { lines, clock, log } = setup("text");
  for (let i = 0; i < 1000; i++) log("info", "flood");
  log("info", "other");
  equal(lines.length, 21);
  clock.now = 1000;
  log("info", "flood");
  match(lines[21] ?? "", /flood suppressed=980\n$/);
});

test("log() loses no count of events that a lane has held back", () => {
  const { lines, clock, log } = setup("text");
  for (let i = 0; i < 30; i++) log("warn", "audit", { spi: "0x100", suppressed: 7 });
  clock.now = 1000;
  log("warn", "audit", { spi: "0x100", suppressed: 5 });
  const counts = lines.map((line) => Number(/suppressed=(\d+)\n$/.exec(line)?.[1]));
  equal(counts.length, 21);
  // Thirty-one events and those that stood behind them, less the lines.
  equal(counts.reduce((sum, count) => sum + count, 0), 31 + 30 * 7 + 5 - 21);
});

test("log() holds no line of a change back, at no level", () => {
  const { lines, log } = setup("text", "error");
  for (let i = 0; i < 1000; i++) log("info", "api_change", { action: "sa_install" });
  equal(lines.length, 1000);
  for (let i = 0; i < 1000; i++) log("warn", "api_refused", { action: "sa_install" });
  equal(lines.length, 1020);
});
