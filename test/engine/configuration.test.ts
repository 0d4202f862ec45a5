import assert from "node:assert/strict";
import { configurationsOf, exceptionFor } from "../../src/engine/configuration.ts";
import { readConfiguration } from "../../src/engine/configuration-reader.ts";
import { elixirForTests } from "../support/elixir.ts";
import { finding } from "../support/finding.ts";

const rules = [{ id: "self-call" }, { id: "god-module", options: { codeLines: { default: 500, doc: "" }, allowed: { default: [], doc: "" } } }];

async function read(source: string, path = ".otp_audit.exs") {
  const parse = await elixirForTests();
  const { configuration, problems } = readConfiguration(parse(path, source), rules);
  return { configuration, problems: problems.map(({ message }) => message) };
}

describe(".otp_audit.exs", () => {
  it("is read whole without complaint when it is right", async () => {
    const { configuration, problems } = await read(`
      [
        extended: true, min_confidence: :likely, require_reason: true,
        include: ["apps/**"], exclude: ["apps/till/generated/**"],
        rules: ["self-call": false, god_module: [severity: :low, code_lines: 1_000, allowed: [Till, "Oven"]]],
        servers: [{Bakery.Worker, GenServer}, {Bakery.Channel, Phoenix.Channel}],
        exceptions: [{{Bakery.Oven, :bake, 2}, rules: ["self-call"], reason: "asked at start only"}, {Till, reason: "moves out in May"}]
      ]`);
    assert.deepEqual(problems, []);
    assert.deepEqual(Object.fromEntries(configuration.rules), { "self-call": { enabled: false }, "god-module": { enabled: true, severity: "low", options: { codeLines: 1000, allowed: ["Till", "Oven"] } } });
    assert.deepEqual([...configuration.servers], [["Bakery.Worker", "GenServer"], ["Bakery.Channel", "Channel"]]);
    assert.deepEqual(configuration.exceptions, [{ module: "Bakery.Oven", function: "bake", arity: 2, rules: ["self-call"], reason: "asked at start only" }, { module: "Till", reason: "moves out in May" }]);
    assert.deepEqual([configuration.extended, configuration.minConfidence, configuration.requireReason, configuration.include, configuration.exclude], [true, "likely", true, ["apps/**"], ["apps/till/generated/**"]]);
  });
  it("may be a map", async () => {
    assert.deepEqual((await read("%{rules: %{\"self-call\" => :low}}")).configuration.rules.get("self-call"), { enabled: true, severity: "low" });
  });
  it("is never run: code in it is named and has no effect", async () => {
    const { problems } = await read('[exclude: [System.fetch_env!("HOME")]]');
    assert.deepEqual(problems, ['.otp_audit.exs:1:12: `System.fetch_env!("HOME")` is code, and the configuration is read without running it: write a plain text such as "lib/**".']);
  });
  it("names unknown keys, rules, options and values with a place and the nearest right word", async () => {
    const { problems } = await read('[\n  exlude: [],\n  rules: ["self-cal": false, god_module: [code_line: 3, severity: :hihg], "self-call": 3]\n]');
    assert.deepEqual(problems, [
      ".otp_audit.exs:2:3: there is no setting exlude, so it has no effect. Did you mean exclude?",
      ".otp_audit.exs:3:11: there is no rule self-cal, so this has no effect. Did you mean self-call? otp-audit rules lists them.",
      ".otp_audit.exs:3:43: god-module has no option code_line, so it has no effect. Did you mean code_lines?",
      ".otp_audit.exs:3:67: `:hihg` does not fit: write one of :critical, :high, :medium, :low. Did you mean high?",
      ".otp_audit.exs:3:88: `3` does not fit: write a keyword list or a map.",
    ]);
  });
  it("takes an exception only with a reason", async () => {
    const { configuration, problems } = await read("[exceptions: [{{Oven, :bake, 1}, rules: [\"self-call\"]}]]");
    assert.equal(configuration.exceptions.length, 0);
    assert.match(problems[0] ?? "", /gives no reason/);
  });
  it("says where it does not parse, and that an empty one configures nothing", async () => {
    assert.match((await read("[rules: [")).problems[0] ?? "", /does not parse as Elixir/);
    assert.match((await read("")).problems[0] ?? "", /the file is empty/);
  });
  it("counts from the nearest folder, over the root's where it extends it", async () => {
    const root = (await read('[rules: ["self-call": false], exclude: ["test/**"]]')).configuration;
    const till = (await read('[extends: :root, rules: ["god-module": :low], exclude: ["gen/**"]]', "apps/till/.otp_audit.exs")).configuration;
    const oven = (await read('[rules: ["god-module": false]]', "apps/oven/.otp_audit.exs")).configuration;
    const all = configurationsOf([root, till, oven]);
    assert.deepEqual([...all.of("apps/till/lib/till.ex").rules.keys()], ["self-call", "god-module"]);
    assert.deepEqual(all.of("apps/till/lib/till.ex").exclude, ["test/**", "apps/till/gen/**"]);
    assert.deepEqual([...all.of("apps/oven/lib/oven.ex").rules.keys()], ["god-module"]);
    assert.deepEqual([...all.of("lib/bakery.ex").rules.keys()], ["self-call"]);
  });
});

describe("an exception", () => {
  const bake = { module: "Bakery.Oven", function: "bake", arity: 2, reason: "r" };
  it("leaves other functions, arities and rules alone", () => {
    assert.equal(exceptionFor(finding({ function: "bake/1" }), [bake]), undefined);
    assert.equal(exceptionFor(finding({ function: "bake!/2" }), [bake]), undefined);
    assert.equal(exceptionFor(finding({ function: "bake/2" }), [{ ...bake, rules: ["bare-spawn"] }]), undefined);
  });
  it("covers its function, or its whole module", () => {
    assert.equal(exceptionFor(finding({ function: "bake/2" }), [bake]), bake);
    assert.notEqual(exceptionFor(finding({ function: "" }), [{ module: "Bakery.Oven", reason: "r" }]), undefined);
  });
});
