import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { EXCHANGE, FLAG } from "./constants.ts";
import { faultOf, type FaultReason, FAULTS } from "./fault.ts";
import type { Header } from "./header.ts";
import { NOTIFY } from "./notify_types.ts";
import { judge, type Seen, type Verdict } from "./verdict.ts";
import { firstHeader, laterHeader } from "../../../tests/support/ike/messages.ts";

const EMPTY = new Uint8Array(0);
const SILENT = { isScored: false, notify: null, isFatal: false };
const SCORED = { ...SILENT, isScored: true };
const SYNTAX = { type: NOTIFY.INVALID_SYNTAX, data: EMPTY };

function verdict(reason: FaultReason, header: Header | null, seen: Seen = "clear"): Verdict {
  return judge(faultOf(reason, 127).fault, header, seen);
}

function response(header: Header): Header {
  return { ...header, flags: header.flags | FLAG.RESPONSE };
}

test("IW40, IW41, IW46: what is no message is dropped and scored", () => {
  deepEqual(verdict("header_short", null), SCORED);
  deepEqual(verdict("length_mismatch", null), SCORED);
  deepEqual(verdict("spi_zero", firstHeader()), SCORED);
  deepEqual(verdict("initial_fields", firstHeader()), SCORED);
});

test("IW42, IW43: a request of a higher version is told, and nothing else about versions", () => {
  const notify = { type: NOTIFY.INVALID_MAJOR_VERSION, data: EMPTY };
  deepEqual(verdict("version_higher", laterHeader()), { ...SILENT, notify });
  deepEqual(verdict("version_higher", response(laterHeader())), SILENT);
  deepEqual(verdict("version_lower", firstHeader()), SILENT);
});

test("IW49: a malformed first request is told, its response is not", () => {
  deepEqual(verdict("payload_length", firstHeader()), { ...SILENT, notify: SYNTAX });
  deepEqual(verdict("payload_length", response(firstHeader())), SILENT);
});

test("IW23: before the ICV is checked, a message of an SA is dropped and scored", () => {
  deepEqual(verdict("payload_length", laterHeader()), SCORED);
  deepEqual(verdict("trailing_octets", response(laterHeader())), SCORED);
  deepEqual(verdict("icv", laterHeader()), SCORED);
});

test("IW22: a wrong ICV has no other effect, whatever is said of the message", () => {
  deepEqual(verdict("icv", laterHeader(), "opened"), SCORED);
});

test("IW49, IW70, IW73: authentic octets that are malformed end the SA; only a request is told", () => {
  for (const reason of ["payload_length", "padding", "payload_twice"] as const) {
    deepEqual(verdict(reason, laterHeader(), "opened"), {
      ...SILENT,
      notify: SYNTAX,
      isFatal: true,
    });
    deepEqual(verdict(reason, response(laterHeader()), "opened"), { ...SILENT, isFatal: true });
  }
});

test("IW50, IW51: a critical payload is named, and ends only an SA that is not established", () => {
  const notify = { type: NOTIFY.UNSUPPORTED_CRITICAL_PAYLOAD, data: Uint8Array.of(127) };
  const later = laterHeader({ exchange: EXCHANGE.CREATE_CHILD_SA });
  deepEqual(verdict("critical_payload", firstHeader()), { ...SILENT, notify });
  deepEqual(verdict("critical_payload", later, "opened"), { ...SILENT, notify });
  deepEqual(verdict("critical_payload", laterHeader(), "opened"), {
    ...SILENT,
    notify,
    isFatal: true,
  });
  deepEqual(verdict("critical_payload", response(later), "opened"), SILENT);
  deepEqual(verdict("critical_payload", response(laterHeader()), "opened"), {
    ...SILENT,
    isFatal: true,
  });
});

test("IW73: no response is ever answered", () => {
  for (const reason of Object.keys(FAULTS) as FaultReason[]) {
    for (const header of [firstHeader(), laterHeader()]) {
      for (const seen of ["clear", "opened"] as const) {
        equal(verdict(reason, response(header), seen).notify, null, reason);
      }
    }
  }
});
