import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import type { Audit } from "../../src/audit/audit.ts";
import { type PlanFile, planFileText, readGroups, readPlanFile } from "../../src/decompose/plan/plan-file.ts";
import type { Inspection } from "../../src/decompose/transform/inspection.ts";
import { intentIn } from "../../src/wizard/messages.ts";
import { keptShape, planFileOf, progressOf, reconciled, writtenModules, writtenOf } from "../../src/wizard/kept-plan.ts";
import { commitMessage, received, type Session } from "../../src/wizard/session.ts";
import { update } from "../../src/wizard/update.ts";
import { view } from "../../src/wizard/view.ts";
import { walkSteps } from "../../src/wizard/walk-steps.ts";
import { following, auditOf, walkOn } from "./walk.ts";

let audit: Audit;
let walk: Session;
before(async function () {
  this.timeout(60_000);
  audit = auditOf("examples/bakery");
  walk = await walkOn(audit);
});

const groupOf = ({ shape }: Session, id: string): string => shape.groups.find((group) => group.functions.includes(id))?.module ?? "";
const other = (session: Session, id: string): string => session.shape.groups.find(({ module }) => module !== groupOf(session, id))?.module ?? "";

describe("the shape of a split", () => {
  it("is changed by a move, undone and done again", async () => {
    const to = other(walk, "recipe_card/1");
    const moved = await following(walk, audit, { kind: "move", functions: ["recipe_card/1"], to });
    assert.equal(groupOf(moved, "recipe_card/1"), to);
    const undone = await following(moved, audit, { kind: "undo" });
    assert.deepEqual(undone.shape, walk.shape);
    assert.deepEqual((await following(undone, audit, { kind: "redo" })).shape, moved.shape);
  });
  it("goes back with the alternative and the size that it came from", async () => {
    const marked = ({ chosen, grade, shape }: Session) => ({ chosen, grade, groups: shape.groups.length });
    for (const pins of [[], ["recipe_card/1"]]) {
      const first = { ...walk, pins };
      const other = await following(first, audit, { kind: "choose", id: "structure" });
      const sized = await following(other, audit, { kind: "grade", grade: 7 });
      assert.deepEqual([other.chosen, sized.chosen, sized.grade], ["structure", "", 7]);
      const back = await following(sized, audit, { kind: "undo" });
      assert.deepEqual(marked(back), marked(other));
      assert.equal(view(back).isEdited, view(other).isEdited);
      assert.deepEqual(marked(await following(back, audit, { kind: "undo" })), marked(first));
      assert.deepEqual(marked(await following(back, audit, { kind: "redo" })), marked(sized));
    }
  });
  it("keeps the alternative it has when another one cannot be regrouped around the pins", () => {
    const { session, effect } = update({ ...walk, pins: ["recipe_card/1"] }, { kind: "choose", id: "structure" });
    assert.equal(effect?.kind, "reshape");
    assert.equal(received(session, { kind: "problem", problem: { message: "no" } }).chosen, walk.chosen);
  });
  it("is edited when its groups are not those of the alternative, however they came about", async () => {
    const kept = readPlanFile(planFileText(planFileOf(walk)), "a.json");
    assert.ok(!("wrong" in kept));
    const { plan, shape } = walk;
    const again = { ...walk, shape: (await audit.reshape({ file: plan.file, module: plan.module }, keptShape(kept, plan, [...shape.stays]).groups)).alternative };
    assert.equal(view(again).isEdited, false);
    const to = other(walk, "recipe_card/1");
    const edited = await following(walk, audit, { kind: "move", functions: ["recipe_card/1"], to });
    assert.equal(view(edited).isEdited, true);
    assert.equal(view(await following(edited, audit, { kind: "move", functions: ["recipe_card/1"], to: groupOf(walk, "recipe_card/1") })).isEdited, false);
  });
  it("tells what followed a move, and how the measures changed", async () => {
    const card = ["recipe_card/1", "recipe_line/1", "recipe_oven_line/1"];
    const staying = await following(walk, audit, { kind: "move", functions: card, to: "" });
    const split = await following(staying, audit, { kind: "move", functions: ["recipe_card/1"], to: other(walk, "recipe_card/1") });
    assert.match(split.notes.join(" "), /recipe_line\/1 came along to .*: its only caller moved\./);
    const figures = view(await following(walk, audit, { kind: "move", functions: ["recipe_card/1"], to: other(walk, "recipe_card/1") })).planFigures;
    assert.ok(figures.some(({ change }) => change !== undefined), JSON.stringify(figures));
    assert.ok(figures.every(({ change, isWorse }) => (change === undefined) === (isWorse === undefined)));
  });
  it("keeps a pinned function where it is when another alternative or size is chosen", async () => {
    const to = other(walk, "recipe_card/1");
    const pinned = await following(walk, audit, { kind: "move", functions: ["recipe_card/1"], to }, { kind: "pin", functions: ["recipe_card/1"], isOn: true });
    assert.equal(groupOf(await following(pinned, audit, { kind: "choose", id: "structure" }), "recipe_card/1"), to);
    assert.equal(groupOf(await following(pinned, audit, { kind: "move", functions: ["recipe_card/1"], to: other(pinned, "recipe_card/1") }), "recipe_card/1"), to);
  });
  it("keeps all arities of a pinned name together, and frees them together", async () => {
    const groups = [{ module: "Bakery.BackOffice.Oven", file: "", functions: ["heat/1", "heat/2", "cool/0"], reasons: [] }, { module: "Bakery.BackOffice.Shop", file: "", functions: ["sell/1"], reasons: [] }];
    const pinned = { ...walk, shape: { ...walk.shape, groups, stays: [] }, pins: ["heat/1"] };
    const { effect } = update(pinned, { kind: "move", functions: ["heat/2", "cool/0"], to: "Bakery.BackOffice.Shop" });
    assert.deepEqual(effect?.kind === "reshape" ? effect.groups.map(({ functions }) => functions) : [], [["heat/1", "heat/2"], ["sell/1", "cool/0"]]);
    assert.deepEqual(view(pinned).groups[0]?.functions.map(({ isPinned }) => isPinned), [true, true, false]);
    assert.deepEqual(update(pinned, { kind: "pin", functions: ["heat/2"], isOn: false }).session.pins, []);
  });
  it("asks for nothing that no answer could lead on, and asks for what can move alone", () => {
    const pinned = { ...walk, pins: ["recipe_card/1"], plan: { ...walk.plan, pinned: [{ function: "new_stock/0", reason: "is a callback", line: 1 }] } };
    for (const what of ["move", "split"] as const) {
      const stuck = update(pinned, { kind: "ask", what, functions: ["recipe_card/1", "new_stock/0"], module: "" });
      assert.deepEqual([stuck.effect, stuck.session.problem?.message], [undefined, "What is selected stays or is pinned. Unpin it (P), or select other functions."]);
      assert.deepEqual(update(pinned, { kind: "ask", what, functions: ["recipe_card/1", "bake_plan/1"], module: "" }).effect, { kind: "ask", what, functions: ["bake_plan/1"], module: "" });
    }
    const only = { ...walk, shape: { ...walk.shape, groups: walk.shape.groups.slice(0, 1) } };
    const merge = { kind: "ask", what: "merge", functions: [], module: walk.shape.groups[0]?.module ?? "" } as const;
    assert.deepEqual([update(only, merge).effect, update(only, merge).session.problem?.message], [undefined, "There is no other module to merge into."]);
    assert.equal(update(walk, merge).effect?.kind, "ask");
  });
  it("becomes finer with each step of the slider", async () => {
    const sizes: number[] = [];
    for (const grade of [0, 3, 7]) sizes.push((await following(walk, audit, { kind: "grade", grade })).shape.groups.length);
    assert.deepEqual(sizes, [...sizes].sort((a, b) => a - b));
    assert.ok((sizes[2] ?? 0) > (sizes[0] ?? 0) + 3, sizes.join(" "));
  });
  it("refuses names that are none or taken, with a sentence", async () => {
    const from = walk.shape.groups[0]?.module ?? "";
    assert.match((await following(walk, audit, { kind: "rename", from, to: "recipes" })).problem?.message ?? "", /recipes is no module name/);
    assert.match((await following(walk, audit, { kind: "rename", from, to: walk.shape.groups[1]?.module ?? "" })).problem?.message ?? "", /is taken/);
    assert.equal((await following(walk, audit, { kind: "rename", from, to: "Bakery.BackOffice.Kitchen" })).shape.groups[0]?.module, "Bakery.BackOffice.Kitchen");
  });
  it("merges two groups, and splits some functions off", async () => {
    const [first, second] = walk.shape.groups;
    const merged = await following(walk, audit, { kind: "merge", from: first?.module ?? "", into: second?.module ?? "" });
    assert.equal(merged.shape.groups.length, walk.shape.groups.length - 1);
    const split = await following(walk, audit, { kind: "split", functions: ["recipe_card/1", "bake_plan/1"], name: "Bakery.BackOffice.Wall" });
    assert.ok(split.shape.groups.find(({ module }) => module === "Bakery.BackOffice.Wall")?.functions.includes("bake_plan/1"));
  });
  it("warns of groups that call each other in a circle", async () => {
    const circle = await following(walk, audit, { kind: "choose", id: "structure" }, { kind: "split", functions: ["recipe_needs/1"], name: "Bakery.BackOffice.Needs" });
    const calling = await following(circle, audit, { kind: "move", functions: ["normalize_recipe/1", "recipe_base_unit/1"], to: groupOf(circle, "recipe_card/1") });
    const warnings = view(calling).warnings;
    assert.ok(warnings.some((warning) => /one or two functions/.test(warning)), warnings.join("\n"));
  });
  it("takes no change once a step is written, and offers the way back", async () => {
    const [step] = walkSteps(walk);
    const written = received(walk, { kind: "applied", step: step?.key ?? "" });
    const { problem } = await following(written, audit, { kind: "move", functions: ["recipe_card/1"], to: "" });
    assert.equal(problem?.remedy?.kind, "undoAll");
    assert.deepEqual(received(written, { kind: "undone" }).applied, []);
  });
});

describe("what went wrong", () => {
  const problem = { message: "The shop is closed." };
  it("ends what was being done when that failed, and lets it go on when it was something else", () => {
    const busy = received(walk, { kind: "doing", what: "Writing" });
    assert.deepEqual([received(busy, { kind: "problem", problem }).doing, received(busy, { kind: "problem", problem }).problem], ["Writing", problem]);
    assert.deepEqual([received(busy, { kind: "failed", problem }).doing, received(busy, { kind: "failed", problem }).problem], [undefined, problem]);
  });
});

describe("the steps of a walk", () => {
  it("show callers and tests that name what moves", () => {
    const steps = view(walk).planSteps;
    assert.ok(steps.some(({ tests }) => tests.includes("test/back_office_test.exs")));
    assert.ok(steps.some(({ callers }) => callers.some(({ file }) => file === "lib/bakery/healthy/counter.ex")));
    assert.deepEqual(walk.tests, ["test/back_office_test.exs"]);
  });
  it("are shown as they will be written, each on what the ones before it leave", async () => {
    const here = auditOf("examples/bakery");
    const steps = walkSteps(walk);
    const shown = await here.rehearse({ file: walk.plan.file, module: walk.plan.module }, steps.map(({ groups }) => groups), []);
    for (const [i, step] of steps.entries()) {
      const written = await here.extract({ file: walk.plan.file, module: walk.plan.module }, step.groups);
      assert.deepEqual(shown[i], written, step.title);
      if (written.kind === "changes") for (const { path, after: text } of written.changes) await here.update(path, text ?? undefined);
    }
    const written = writtenOf({ ...walk, applied: steps.map(({ key }) => key) });
    const inspection = await here.inspect(written);
    assert.deepEqual({ ...inspection, moved: 0, exports: 0 }, { broken: [], lostExports: [], newExports: [], missing: [], exports: 0, moved: 0 });
    assert.equal(inspection.exports, walk.start.exports.length);
    await here.update("lib/bakery/back_office.ex", "defmodule Bakery.BackOffice do\n  def new_stock, do: 1\nend\n");
    const broken = await here.inspect(written);
    assert.equal(broken.lostExports.length, walk.start.exports.length - 1);
  });
  it("are verified only when reading what was written finds nothing wrong with it", () => {
    const fine = { broken: [], lostExports: [], newExports: [], missing: [], exports: 3, moved: 2 };
    const verified = (inspection: Inspection): boolean => {
      const { steps, isSound } = view(received({ ...walk, applied: walkSteps(walk).map(({ key }) => key) }, { kind: "inspected", inspection }));
      assert.equal(steps.find(({ id }) => id === "verify")?.isDone, isSound);
      return isSound;
    };
    assert.equal(verified(fine), true);
    for (const wrong of [{ broken: ["lib/bakery/back_office.ex"] }, { lostExports: ["recipe_card/1"] }, { newExports: ["closing_bell/0"] }, { missing: ["Bakery.BackOffice.Recipes.recipe_card/1"] }]) assert.equal(verified({ ...fine, ...wrong }), false, JSON.stringify(wrong));
    assert.equal(view(walk).isSound, false);
  });
  it("are held against what the module exports when the first is written", () => {
    const { plan, map, callers, files, shape } = walk;
    const answer = { kind: "replanned", plan, map, callers, files, shape, exports: [...walk.start.exports, "closing_bell/0"], notes: [] } as const;
    assert.deepEqual(received(walk, answer).start.exports, answer.exports);
    assert.deepEqual(received({ ...walk, applied: [walkSteps(walk)[0]?.key ?? ""] }, answer).start.exports, walk.start.exports);
  });
  it("end in a message for the history", () => {
    assert.match(commitMessage(walk), /^Split Bakery\.BackOffice into \d+ modules\n\nBakery\.BackOffice keeps its exported functions and delegates to:\n\n- Bakery\.BackOffice\./);
  });
});

describe("a file of several modules", () => {
  it("is split first, and its process shows which callback touches which field", async () => {
    const depot = await walkOn(auditOf("test/ui/projects/depot"), { file: "lib/depot.ex", module: undefined });
    assert.equal(depot.plan.module, "Depot");
    const [first] = walkSteps(depot);
    assert.equal(first?.kind, "files");
    assert.deepEqual(depot.files.map(({ path }) => path), ["lib/depot.ex", "lib/depot/scale.ex", "lib/depot/stamp.ex"]);
    const { process } = view(depot);
    const marks = (message: string) => Object.fromEntries((process?.fields ?? []).flatMap((field, i) => [[field, process?.callbacks.find((row) => row.message === message)?.marks[i] ?? ""]]).filter(([, mark]) => mark !== ""));
    assert.deepEqual(marks("{:take, parcel}"), { parcels: "write", last_id: "write" });
    assert.deepEqual(marks("{:find, id}"), { parcels: "read" });
    assert.deepEqual(marks("{:load, van, id}"), { vans: "write" });
    assert.deepEqual(marks(":close"), { till: "write", receipts: "write" });
    const without = await following(depot, audit, { kind: "splitFile", isOn: false });
    assert.equal(walkSteps(without)[0]?.kind, "extract");
  });
  it("is verified in all of its files, also when the walk is taken up again", async () => {
    const here = auditOf("test/ui/projects/depot");
    const depot = await walkOn(here, { file: "lib/depot.ex", module: undefined });
    const split = await here.files("lib/depot.ex");
    assert.ok(split.kind === "changes");
    for (const { path, after } of split.changes) await here.update(path, after ?? undefined);
    const begun = received(depot, { kind: "applied", step: "files" });
    assert.deepEqual((await here.inspect(writtenOf(begun))).broken, []);
    await here.update("lib/depot/scale.ex", "defmodule Depot.Scale do\n");
    assert.deepEqual((await here.inspect(writtenOf(begun))).broken, ["lib/depot/scale.ex"]);
    assert.deepEqual((await here.inspect(writtenOf(depot))).broken, []);
    const kept = readPlanFile(planFileText(planFileOf(begun)), "Depot.json");
    assert.ok(!("wrong" in kept));
    assert.deepEqual(kept.measured?.files, depot.files);
    assert.deepEqual(progressOf(kept)[0], { key: "files", title: walkSteps(begun)[0]?.title, isApplied: true });
  });
});

describe("a plan's file", () => {
  it("brings the walk back as it was", async () => {
    const changed = await following(walk, audit, { kind: "rename", from: walk.shape.groups[0]?.module ?? "", to: "Bakery.BackOffice.Kitchen" }, { kind: "go", step: "apply" });
    const [step] = walkSteps(changed);
    const written = received(changed, { kind: "applied", step: step?.key ?? "" });
    const kept = readPlanFile(planFileText(planFileOf(written)), "a.json");
    assert.ok(!("wrong" in kept));
    assert.equal(kept.step, "apply");
    assert.deepEqual(kept.applied, [step?.key]);
    assert.deepEqual(progressOf(kept).map(({ isApplied }) => isApplied).filter(Boolean), [true]);
    assert.deepEqual(keptShape(kept, written.plan, []).groups.map(({ module, functions }) => ({ module, functions })), written.shape.groups.map(({ module, functions }) => ({ module, functions })));
    assert.deepEqual([...writtenModules(written)], step?.groups.map(({ module }) => module));
  });
  it("that the command line kept is taken up, and the walk's file is read by the command line", () => {
    const groups = [{ module: "Bakery.BackOffice.Wall", file: "lib/bakery/back_office/wall.ex", functions: ["recipe_card/1"] }];
    const byCli: PlanFile = { tool: "otp-audit", format: 1, file: walk.plan.file, module: walk.plan.module, alternative: "structure", step: "shape", groups, pins: [], applied: [] };
    const kept = readPlanFile(planFileText(byCli), "a.json");
    assert.ok(!("wrong" in kept));
    assert.deepEqual(progressOf(kept), [{ key: "Bakery.BackOffice.Wall", title: "Extract Bakery.BackOffice.Wall", isApplied: false }]);
    assert.deepEqual(keptShape(kept, walk.plan, ["recipe_card/1", "new_stock/0"]).stays, ["new_stock/0"]);
    const ours = readGroups(planFileText(planFileOf(walk)), "a.json");
    assert.ok(!("wrong" in ours));
    assert.deepEqual(ours.map(({ module, functions }) => ({ module, functions })), walk.shape.groups.map(({ module, functions }) => ({ module, functions })));
  });
  it("is read with a sentence on what is wrong with it", () => {
    const wrong = (text: string): string => {
      const read = readPlanFile(text, "Shop.json");
      return "wrong" in read ? read.wrong : "";
    };
    assert.match(wrong("<<<<<<< HEAD"), /not JSON, perhaps after a merge conflict/);
    assert.match(wrong("{}"), /no plan of OTP Audit/);
    assert.match(wrong('{"tool":"otp-audit","format":9}'), /newer OTP Audit/);
  });
  it("is held against code that changed: what is gone leaves, what is new stays", () => {
    const shape = { groups: [{ module: "A", file: "a.ex", functions: ["bake/1", "cool/1"], reasons: [] }, { module: "B", file: "b.ex", functions: ["sell/2"], reasons: [] }], stays: ["start/0"] };
    assert.deepEqual(reconciled(shape, new Set(), ["bake/1", "cool/1", "sell/2", "start/0"]).notes, []);
    const changed = reconciled(shape, new Set(["B"]), ["bake/1", "start/0", "fresh/0"]);
    assert.deepEqual(changed.groups, [{ module: "A", functions: ["bake/1"] }]);
    assert.match(changed.notes.join(" "), /cool\/1 is gone and left out of it\. fresh\/0 is new and stays where it is/);
  });
});

describe("messages of the page", () => {
  it("are taken when they are intents, and nothing else is", () => {
    assert.deepEqual(intentIn({ kind: "go", step: "shape" }), { kind: "go", step: "shape" });
    for (const wrong of [undefined, "go", { kind: "go", step: "everything" }, { kind: "move", functions: [1], to: "" }, { kind: "open", file: "x", line: 0 }, { kind: "apply", steps: "all", withPreview: false }, { kind: "eval", code: "1" }]) assert.equal(intentIn(wrong), undefined, JSON.stringify(wrong));
  });
  it("never throw in a walk, whatever they ask", () => {
    for (const intent of [{ kind: "move", functions: ["nothing/9"], to: "Nowhere" }, { kind: "merge", from: "Nowhere", into: "Nobody" }, { kind: "choose", id: "nothing" }, { kind: "preview", step: "nothing" }, { kind: "apply", steps: ["nothing"], withPreview: false }, { kind: "remedy" }, { kind: "rename", from: "Nowhere", to: "Nobody" }] as const) assert.doesNotThrow(() => update(walk, intent));
  });
});
