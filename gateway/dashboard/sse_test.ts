import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { createEventParser } from "./sse.js";

const STREAM = 'retry: 1000\n\nevent: totals\ndata: {"a":1}\n\n: comment\n\nevent:x\ndata:1\n' +
  "data: 2\n\ndata: unnamed\n\n";

const EVENTS = [
  { event: "totals", data: '{"a":1}' },
  { event: "x", data: "1\n2" },
  { event: "", data: "unnamed" },
];

test("createEventParser() reads events, whatever pieces they come in", () => {
  deepEqual(createEventParser().push(STREAM), EVENTS);
  for (let size = 1; size < 20; size++) {
    const parser = createEventParser();
    const events = [];
    for (let at = 0; at < STREAM.length; at += size) {
      events.push(...parser.push(STREAM.slice(at, at + size)));
    }
    deepEqual(events, EVENTS, `pieces of ${size}`);
  }
});

test("createEventParser() gives nothing before an event has ended", () => {
  const parser = createEventParser();
  for (const character of 'event: totals\ndata: {"a":1}\n') deepEqual(parser.push(character), []);
  deepEqual(parser.push("\n"), [EVENTS[0]]);
});

test("createEventParser() agrees with eventsource-parser", () => {
  const events: EventSourceMessage[] = [];
  createParser({ onEvent: (event) => events.push(event) }).feed(STREAM);
  deepEqual(
    createEventParser().push(STREAM),
    events.map(({ event = "", data }) => ({ event, data })),
  );
});
