import assert from "node:assert/strict";
import { choiceOf, readSettings, settingKeys, settingsPage } from "../../src/audit/settings.ts";

describe("settings", () => {
  it("that nobody set are their defaults, without a word", () => {
    const { settings, problems } = readSettings({});
    assert.deepEqual(problems, []);
    assert.deepEqual(choiceOf(settings), { include: [], exclude: [], extended: false, ruleSettings: {} });
  });
  it("that are wrong are named with what fits, and count as their default", () => {
    const { settings, problems } = readSettings({ "rules.extended": "yes", "rules.severity": { "self-call": "grave" }, "scan.exclude": ["a/**"] });
    assert.deepEqual(problems, [
      'The setting otpAudit.rules.extended is "yes"; it takes true or false. Its default false is used.',
      'The setting otpAudit.rules.severity is {"self-call":"grave"}; it takes an object of rule ids, each with one of critical, high, medium, low. Its default {} is used.',
    ]);
    assert.deepEqual([settings["rules.extended"], settings["scan.exclude"]], [false, ["a/**"]]);
  });
  it("switch rules off and weigh them", () => {
    const { settings } = readSettings({ "rules.disabled": ["bare-spawn"], "rules.severity": { "self-call": "low" } });
    assert.deepEqual(choiceOf(settings).ruleSettings, { "self-call": { severity: "low" }, "bare-spawn": { enabled: false } });
  });
  it("are all on their page", () => {
    for (const key of settingKeys) assert.ok(settingsPage().includes(`otpAudit.${key}\``));
  });
});
