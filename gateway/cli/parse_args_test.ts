import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { parseArgs } from "@std/cli/parse-args";

test("parseArgs() reads flags, lists, switches and the rest", () => {
  const args = ["--lanes=2", "--listen", "a", "-h", "--listen=b", "12", "--", "--lanes"];
  deepEqual(
    parseArgs(args, {
      alias: { h: "help" },
      boolean: ["help", "json"],
      collect: ["listen"],
      string: ["_", "lanes", "listen", "api"],
    }),
    { help: true, json: false, lanes: "2", listen: ["a", "b"], _: ["12", "--lanes"] },
  );
});

test("parseArgs() does not take a flag for another flag's value", () => {
  const args = ["--listen", "--api", "off", "--engine"];
  deepEqual(parseArgs(args, { string: ["listen", "api", "engine"] }), {
    listen: "",
    api: "off",
    engine: "",
    _: [],
  });
});

test("parseArgs() takes a negative number for a value, which is then wrong by the flag's name", () => {
  const args = ["--lanes", "-1", "--listen", "-", "--", "--lanes", "-2"];
  deepEqual(parseArgs(args, { string: ["lanes", "listen"] }), {
    lanes: "-1",
    listen: "",
    _: ["-", "--lanes", "-2"],
  });
});

test("parseArgs() tells a switch that is off from one that is not given", () => {
  const options = { boolean: ["unsafe"], default: { unsafe: null } };
  const given = [[], ["--unsafe"], ["--unsafe=true"], ["--unsafe=false"]];
  deepEqual(given.map((args) => parseArgs(args, options)["unsafe"]), [null, true, true, false]);
});

test("parseArgs() does not take just any text for a switch that is on", () => {
  for (const text of ["0", "1", "no", "TRUE", ""]) {
    const { unsafe } = parseArgs([`--unsafe=${text}`], { boolean: ["unsafe"] });
    deepEqual(unsafe, text);
  }
});

test("parseArgs() asks about what it does not know", () => {
  const asked: unknown[][] = [];
  const parsed = parseArgs(["--bad=x", "-z", "file", "--json"], {
    boolean: ["json"],
    unknown: (...given) => {
      asked.push(given);
      return false;
    },
  });
  deepEqual(asked.map(([, key]) => key), ["bad", "z", undefined]);
  deepEqual(parsed, { json: true, _: [] });
});
