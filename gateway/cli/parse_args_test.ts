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

test("parseArgs() tells a switch that is off from one that is not given", () => {
  const options = { boolean: ["unsafe"], default: { unsafe: null } };
  const values = [[], ["--unsafe"], ["--unsafe=false"]].map((args) => {
    return parseArgs(args, options)["unsafe"];
  });
  deepEqual(values, [null, true, false]);
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
