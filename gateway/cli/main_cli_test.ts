import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { createFakeRuntime, type FakeRuntimeOptions } from "../../tests/fakes/runtime.ts";
import { createFakeStart } from "../../tests/fakes/start.ts";
import { ABI } from "../../ts-bindings/layout.ts";
import { flagOf, SETTING_NAMES } from "../config/settings.ts";
import { readCore } from "../runtime/files.ts";
import { VERSION } from "../model/version.ts";
import { openFakeState } from "../../tests/fakes/state.ts";
import { COMMANDS, runCli } from "./main_cli.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(args: readonly string[], options: FakeRuntimeOptions = {}): Promise<Ended> {
  const runtime = createFakeRuntime({ ...options, args });
  const start = createFakeStart();
  start.finish(0);
  const code = await runCli(runtime, {
    startGateway: start.startGateway,
    openState: openFakeState,
  });
  return { code, ...runtime.printed };
}

test("runCli() lists its commands", async () => {
  for (const arg of ["--help", "-h", "help"]) {
    const { code, stdout, stderr } = await run([arg]);
    equal(code, 0);
    equal(stderr, "");
    for (const { name } of COMMANDS) match(stdout, new RegExp(`^  ${name}\\b`, "m"));
  }
});

test("runCli() explains every command, whatever else is given", async () => {
  for (const { name, flags } of COMMANDS) {
    const words = name.split(" ");
    for (const rest of [["--help"], ["-h"], ["one", "two", "three", "--help"]]) {
      const args = [...words, ...rest];
      const { code, stdout } = await run(args);
      equal(code, 0, args.join(" "));
      for (const flag of flags) ok(stdout.includes(`--${flag.name}`), `${name} --${flag.name}`);
    }
  }
});

test("runCli() shows every setting as a flag of serve", async () => {
  const { stdout } = await run(["serve", "--help"]);
  for (const name of ["config", ...SETTING_NAMES.map(flagOf)]) {
    ok(stdout.includes(`  --${name}`), name);
  }
});

test("runCli() serves when no command is named", async () => {
  for (const args of [[], ["--lanes", "2"], ["serve"]]) {
    const { code, stdout } = await run(args);
    equal(code, 0);
    match(stdout, /^listening tcp=/);
  }
});

test("runCli() accepts =true and =false for a switch", async () => {
  const off = await run(["kick", "7", "8", "--help=false"]);
  equal(off.stderr, 'culvert kick: unexpected argument "8"\n');
  match((await run(["kick", "--help=true"])).stdout, /^culvert kick ID/);
  const files = { "culvert.toml": "" };
  const table = await run(["check-config", "culvert.toml", "--json=false"], { files });
  match(table.stdout, /^SETTING /);
});

test("runCli() ends with one line and code 2 for a wrong command line", async () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["--listenn", "x"], "--listenn: unknown flag, see culvert serve --help"],
    [["serve", "-x"], "-x: unknown flag, see culvert serve --help"],
    [["serve", "--json"], "--json: unknown flag, see culvert serve --help"],
    [["kick", "--constructor"], "--constructor: unknown flag, see culvert kick --help"],
    [["kick", "--_=7"], "-_: unknown flag, see culvert kick --help"],
    [["serve", "here"], 'culvert serve: unexpected argument "here"'],
    [["srve"], 'culvert: unknown command "srve", see --help'],
    [["probe", "localhost:4500"], 'culvert: unknown command "probe", see --help'],
    [["--lanes", "many"], "--lanes: must be auto or a whole number from 1 to 64"],
    [["--lanes"], "--lanes: must be auto or a whole number from 1 to 64"],
    [["--lanes", "-1"], "--lanes: must be auto or a whole number from 1 to 64"],
    [
      ["--idle-timeout-ms", "-1"],
      "--idle-timeout-ms: must be a whole number from 0 to 2147483647",
    ],
    [["--idle-timeout-ms", "-x"], "-x: unknown flag, see culvert serve --help"],
    [["kick", "-1"], "-1: unknown flag, see culvert kick --help"],
    [["--listen", "--api", "off"], "--listen: must not be empty"],
    [
      ["--unsafe-static-sas=FALSE", "--lanes=0"],
      "--lanes: must be auto or a whole number from 1 to 64",
    ],
    [["--unsafe-static-sas=0"], "--unsafe-static-sas: must be true or false"],
    [["--unsafe-static-sas=maybe", "--lanes=2"], "--unsafe-static-sas: must be true or false"],
    [["status", "--watch=no"], "--watch: must be true or false"],
    [["status", "--json=1"], "--json: must be true or false"],
    [["status", "--json="], "--json: must be true or false"],
    [["kick", "--help=no"], "--help: must be true or false"],
    [["kick", "--h=no"], "--help: must be true or false"],
    [["kick"], "culvert kick: needs ID"],
    [["kick", "x"], "culvert kick: ID must be a number that connections lists"],
    [["check-config"], "culvert check-config: needs FILE"],
    [["status", "--api", "off"], "--api: must be the ADDR:PORT of a running gateway's API"],
    [
      ["status", "--api", "localhost"],
      "--api: must be ADDR:PORT, such as 127.0.0.1:4500 or [::1]:4500",
    ],
  ];
  for (const [args, line] of cases) {
    deepEqual(await run(args), { code: 2, stdout: "", stderr: `${line}\n` }, args.join(" "));
  }
});

test("runCli() never repeats a secret that was given as an argument", async () => {
  const secret = "00112233445566778899aabbccddeeff01020304";
  for (
    const args of [
      [`--api-token=${secret}`],
      ["--key", secret],
      [`--${secret}`],
      [secret],
      ["serve", secret],
      ["--lanes", secret],
      ["--api-token-file", secret],
      ["kick", secret],
    ]
  ) {
    const { code, stderr } = await run(args);
    equal(code, 2, args.join(" "));
    ok(stderr.endsWith("\n") && stderr.split("\n").length === 2);
    // A path is not a secret, and the line must say which file could not be read.
    ok(args[0] === "--api-token-file" || !stderr.includes(secret), stderr);
  }
});

test("runCli() ends with code 1 for a command that fails", async () => {
  const runtime = createFakeRuntime({ args: ["serve"] });
  const code = await runCli(runtime, {
    openState: openFakeState,
    startGateway: () =>
      Promise.reject(new Error("Cannot listen on 127.0.0.1:4500: EADDRINUSE\nmore")),
  });
  equal(code, 1);
  equal(runtime.printed.stderr, "Cannot listen on 127.0.0.1:4500: EADDRINUSE\n");
});

test("check-config explains where each setting comes from", async () => {
  const files = { "culvert.toml": 'lanes = 2\nlisten = ["[::1]:4500"]\n' };
  const environment = { CULVERT_INNER_MTU: "1300" };
  const { code, stdout } = await run(["check-config", "culvert.toml"], { files, environment });
  equal(code, 0);
  match(stdout, /^lanes +2 +culvert\.toml:1$/m);
  match(stdout, /^listen +\[::1\]:4500 +culvert\.toml:2$/m);
  match(stdout, /^inner-mtu +1300 +CULVERT_INNER_MTU$/m);
  match(stdout, /^upstream +none +default$/m);
  // Not "none", because a socket cannot be set to a congestion control of that name.
  match(stdout, /^tcp-congestion +the system's +default$/m);
  match(stdout, /^inner +echo:10\.93\.29\.1 +default$/m);
  const json = await run(["check-config", "culvert.toml", "--json"], { files });
  const { settings, sas } = JSON.parse(json.stdout);
  deepEqual(settings.map((setting: { name: string }) => setting.name), SETTING_NAMES.map(flagOf));
  deepEqual(sas, []);
});

test("check-config names the line of a mistake", async () => {
  const files = { "culvert.toml": '# settings\nlistenn = "x"\n' };
  deepEqual(await run(["check-config", "culvert.toml"], { files }), {
    code: 2,
    stdout: "",
    stderr: 'culvert.toml:2: unknown key "listenn"\n',
  });
});

test("version identifies the core by its ABI and its digest", async () => {
  const runtime = { ...createFakeRuntime({ args: ["version", "--json"] }), readCore };
  equal(await runCli(runtime), 0, runtime.printed.stderr);
  const { coreSha256, ...rest } = JSON.parse(runtime.printed.stdout);
  match(coreSha256, /^[0-9a-f]{64}$/);
  deepEqual({ ...rest, engine: "", engineReason: "" }, {
    version: VERSION,
    runtime: "fake 1",
    coreAbi: ABI,
    engine: "",
    engineReason: "",
  });
  match(rest.engineReason, /^no native engine: .* is not there$/);
  match(rest.engine, /^wasm-(relaxed|strict)$/);
  equal((await run(["version"])).stderr, "Cannot read the core: there is none here\n");
});

test("version names the engine that serve would choose", async () => {
  const said = async (
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Ended> => {
    const runtime = { ...createFakeRuntime({ args: ["version", ...args], environment }), readCore };
    const code = await runCli(runtime);
    return { code, ...runtime.printed };
  };
  const native = { ["CULVERT_ENGINE"]: "native" };
  match((await said(["--engine", "wasm"], native)).stdout, /^engine wasm-\w+ \(as asked\)$/m);
  deepEqual(await said([], native), {
    code: 1,
    stdout: "",
    stderr: "Cannot use engine native: /nowhere/libculvert_engine.so is not there\n",
  });
  const wrong = await said(["--engine", "turbo"]);
  deepEqual([wrong.code, wrong.stdout], [2, ""]);
  match(wrong.stderr, /^--engine/);
});
