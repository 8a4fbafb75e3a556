// Events. Records of the lanes' event rings become lines of the log and events of the API. Their
// names are fixed, and no field holds key material.

import {
  EVENT_ADDRESS,
  EVENT_AUDIT,
  EVENT_CLOSED,
  EVENT_CONN,
  EVENT_COUNT,
  EVENT_FAMILY,
  EVENT_GENERATION,
  EVENT_IKE_DROPPED,
  EVENT_IKE_SHARED,
  EVENT_IS_TRUSTED,
  EVENT_KIND,
  EVENT_LEN,
  EVENT_LOCAL_ADDRESS,
  EVENT_LOCAL_PORT,
  EVENT_MEASURE,
  EVENT_OPENED,
  EVENT_PATH_MOVED,
  EVENT_PORT,
  EVENT_SA,
  EVENT_SA_EXPIRED,
  EVENT_SA_FIRST,
  EVENT_SOFT_LIMIT,
  EVENT_SPI,
  EVENT_STATUS,
  EVENT_SUPPRESSED,
  EVENT_VALUE,
  LANE_EVENTS,
  LANE_EVENTS_CONSUMED,
  LANE_EVENTS_LOST,
  LANE_EVENTS_WRITTEN,
  MEASURE_OCTETS,
  MEASURE_PACKETS,
  MEASURE_SECONDS,
  MEASURE_SEQUENCE,
} from "../../ts-bindings/layout.ts";
import { STATUSES } from "../../ts-bindings/status.ts";
import { foreignName, hexText, unpackForeign } from "../lane/foreign.ts";
import type { RefusedNotice, TroubleNotice } from "../lane/init.ts";
import { connectionId } from "../model/connection_id.ts";
import type { GatewayEvent, Subject } from "../model/event.ts";
import type { LogLevel } from "../model/log_level.ts";
import { spiText } from "../model/spi.ts";
import { addressText } from "./connection_rows.ts";
import type { Log } from "./log.ts";
import { type MemoryViews, readCount, readF64, readU32 } from "./memory_views.ts";

/** The place where all events come together. */
export interface EventHub {
  /** Tells all events of a ring; `block` is the offset of its lane's block, octets. */
  drainRing(block: number): void;
  /** Tells how many events found no room in the rings of `blocks` since the last call. */
  tellLost(blocks: readonly number[]): void;
  /** Tells that the host refused a lane something. */
  trouble(lane: number, notice: TroubleNotice): void;
  /** Tells that a lane has turned a connection away. */
  refused(notice: RefusedNotice): void;
  /** Tells an event of the shell itself; the log has it at `level`, or else at `debug`. */
  tell(event: string, fields: GatewayEvent["fields"], level?: LogLevel): void;
  /**
   * The same of somebody that has not proved a key. It gives way where there are too many events:
   * in the log, and to those that listen.
   */
  tellOfStranger(event: string, fields: GatewayEvent["fields"], level: LogLevel): void;
  /** Calls `listener` with each event from now on. The result ends that. */
  subscribe(listener: (event: GatewayEvent, subject: Subject) => void): () => void;
}

const NAMES: Readonly<Record<number, readonly [LogLevel, string]>> = {
  [EVENT_OPENED]: ["info", "connection_opened"],
  [EVENT_CLOSED]: ["info", "connection_closed"],
  [EVENT_PATH_MOVED]: ["info", "path_moved"],
  [EVENT_SOFT_LIMIT]: ["warn", "sa_soft_limit"],
  [EVENT_SA_EXPIRED]: ["warn", "sa_expired"],
  [EVENT_SA_FIRST]: ["debug", "sa_first_packet"],
  [EVENT_AUDIT]: ["warn", "audit"],
  [EVENT_IKE_DROPPED]: ["error", "ike_dropped"],
  [EVENT_IKE_SHARED]: ["info", "ike_shared"],
};

/** What the limit of an event counts. */
const MEASURES: Readonly<Record<number, string>> = {
  [MEASURE_PACKETS]: "packets",
  [MEASURE_OCTETS]: "octets",
  [MEASURE_SECONDS]: "seconds",
  [MEASURE_SEQUENCE]: "sequence",
};

export interface EventHubOptions {
  readonly views: MemoryViews;
  readonly log: Log;
  /** For events about peers that have not proved a key; default `log`. */
  readonly strangersLog?: Log | undefined;
  readonly date: () => Date;
  /** Whether audit events of dropped ESP packets are told. */
  readonly auditsEsp: () => boolean;
}

/** Makes the hub. Each event goes to the log first, then to the listeners. */
export function createEventHub(
  { views, log, strangersLog = log, date, auditsEsp }: EventHubOptions,
): EventHub {
  const listeners = new Set<(event: GatewayEvent, subject: Subject) => void>();

  function drainRing(block: number): void {
    const written = readU32(views, block + LANE_EVENTS_WRITTEN);
    let consumed = readU32(views, block + LANE_EVENTS_CONSUMED);
    while (consumed !== written) {
      const at = block + LANE_EVENTS + (consumed % EVENT_COUNT) * EVENT_LEN;
      // RFC 4303 §4: the administrator may switch the audit of ESP off.
      if (readU32(views, at + EVENT_KIND) !== EVENT_AUDIT || auditsEsp()) {
        publish(readEvent(views, at), subjectOf(views, at));
      }
      consumed = (consumed + 1) >>> 0;
      Atomics.store(views.u32, (block + LANE_EVENTS_CONSUMED) >>> 2, consumed);
    }
  }

  function publish(event: Omit<GatewayEvent, "at">, subject: Subject = "other"): void {
    (subject === "stranger" ? strangersLog : log)(event.level, event.event, event.fields);
    const dated = { ...event, at: date().toISOString() };
    for (const listener of listeners) listener(dated, subject);
  }

  function subscribe(listener: (event: GatewayEvent, subject: Subject) => void): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  function trouble(lane: number, { trouble, reason, suppressed }: TroubleNotice): void {
    const fields = { lane, reason, ...suppressed > 0 && { suppressed } };
    publish({ level: "error", event: trouble, fields });
  }

  let lostBefore = 0;
  function tellLost(blocks: readonly number[]): void {
    const lost = blocks.reduce((sum, block) => sum + readCount(views, block + LANE_EVENTS_LOST), 0);
    if (lost === lostBefore) return;
    publish({ level: "warn", event: "events_lost", fields: { count: lost - lostBefore } });
    lostBefore = lost;
  }

  return {
    drainRing,
    tellLost,
    trouble,
    refused: (notice) => publish(refusedEvent(notice), "stranger"),
    tell: (event, fields, level = "debug") => publish({ level, event, fields }),
    tellOfStranger: (event, fields, level) => publish({ level, event, fields }, "stranger"),
    subscribe,
  };
}

function refusedEvent(notice: RefusedNotice): Omit<GatewayEvent, "at"> {
  const { remote, local, status, suppressed } = notice;
  const more = { ...local !== null && { local }, ...suppressed > 0 && { suppressed } };
  return { level: "warn", event: "connection_refused", fields: { remote, status, ...more } };
}

/** Whom the record at offset `at` is about. */
function subjectOf(views: MemoryViews, at: number): Subject {
  return readU32(views, at + EVENT_IS_TRUSTED) === 0 ? "stranger" : "other";
}

/** What the value of an event says. */
function valueFields(kind: number, value: number): GatewayEvent["fields"] {
  switch (kind) {
    case EVENT_PATH_MOVED:
      return {};
    case EVENT_CLOSED: {
      const octets = unpackForeign(value);
      return { got: foreignName(octets), octets: hexText(octets) };
    }
    default:
      return { sequence: value };
  }
}

/** The record at offset `at`, with the fields that its kind has. */
function readEvent(views: MemoryViews, at: number): Omit<GatewayEvent, "at"> {
  const kind = readU32(views, at + EVENT_KIND);
  const [level, event] = NAMES[kind] ?? ["error", "unknown_event"];
  const fields: Record<string, string | number | boolean | null> = {};
  const row = readU32(views, at + EVENT_CONN);
  if (row > 0) fields["connection"] = connectionId(row, readU32(views, at + EVENT_GENERATION));
  const family = readU32(views, at + EVENT_FAMILY);
  const textOf = (address: number, port: number): string =>
    addressText(views, { at: at + address, family, port: readU32(views, at + port) });
  if (family > 0) fields["remote"] = textOf(EVENT_ADDRESS, EVENT_PORT);
  const status = STATUSES[readU32(views, at + EVENT_STATUS)];
  if (status !== undefined && status.name !== "Ok") fields["status"] = status.snakeCase;
  const sa = readF64(views, at + EVENT_SA);
  if (sa > 0) fields["sa"] = sa;
  const spi = readU32(views, at + EVENT_SPI);
  if (spi > 0) fields["spi"] = spiText(spi);
  const measure = MEASURES[readU32(views, at + EVENT_MEASURE)];
  if (measure !== undefined) fields["measure"] = measure;
  const value = readF64(views, at + EVENT_VALUE);
  if (value > 0) Object.assign(fields, valueFields(kind, value));
  const hasLocal = family > 0 && readU32(views, at + EVENT_LOCAL_PORT) > 0;
  if (hasLocal) fields["local"] = textOf(EVENT_LOCAL_ADDRESS, EVENT_LOCAL_PORT);
  const suppressed = readU32(views, at + EVENT_SUPPRESSED);
  if (suppressed > 0) fields["suppressed"] = suppressed;
  return { level, event, fields };
}
