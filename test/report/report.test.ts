import assert from "node:assert/strict";
import { ruleInfos } from "../../src/audit/rules.ts";
import { remembered } from "../../src/engine/comparison.ts";
import { effortOf, effortText, totalOf } from "../../src/report/effort.ts";
import { htmlReport } from "../../src/report/html.ts";
import { markdownReport } from "../../src/report/markdown.ts";
import type { ReportOptions } from "../../src/report/parts.ts";
import { shareText } from "../../src/report/statistics.ts";
import { textReport } from "../../src/report/text.ts";
import { finding, readyFix, scanResult } from "../support/finding.ts";

const source = ["defmodule Bakery.Oven do", "  def heat do", "    GenServer.call(__MODULE__, :heat)", "  end", "end"];
const options: ReportOptions = { rules: ruleInfos, project: "bakery", quote: (file, from, to) => (file === "lib/bakery/oven.ex" ? source.slice(from - 1, to) : undefined) };
const automatic = { kind: "automatic", title: "Call the function behind the handler" } as const;

describe("the report", () => {
  it("of a clean project claims nothing that was not measured", () => {
    const text = markdownReport(scanResult([]), options);
    assert.match(text, /No proven or likely findings in 10 files\. Nothing is left to a person's judgement\./);
    assert.match(text, /Test suite and Dialyzer: not run/);
    assert.match(text, /Commit: not known \(no git, or no commit yet\)/);
    for (const part of ["Recommendations", "Effort", "Good practices", "Since the last audit", "Worklog", "Large modules", "Supervision tree", "Legitimate sleeps"]) assert.ok(!text.includes(`## ${part}`), part);
  });
  it("prints each count with its denominator", () => {
    const text = markdownReport(scanResult([finding({ fix: automatic })]), options);
    assert.match(text, /Files scanned: 10; with at least one finding: 1 of 10 \(10 %\); with a critical or high one: 1 of 10 \(10 %\)/);
    assert.match(text, /\| high \| 1 \| 1 \| 0 \| 1 \| 0 \|/);
  });
  it("rounds no share to none or to all that is neither", () => {
    assert.deepEqual([[0, 443], [1, 443], [11, 390], [682, 683], [8, 8], [3, 0]].map(([part = 0, whole = 0]) => shareText(part, whole)), ["0 of 443 (0 %)", "1 of 443 (under 1 %)", "11 of 390 (3 %)", "682 of 683 (over 99 %)", "8 of 8 (100 %)", "3"]);
  });
  it("parts the counts by folder, so that old trees and examples do not pass for the project", () => {
    const found = [finding(), finding({ startLine: 9, severity: "low", confidence: "review" }), finding({ file: "apps/till/lib/till.ex" }), finding({ file: "mix.exs", severity: "low" })];
    const scanned = ["lib/bakery/oven.ex", "lib/bakery.ex", "apps/till/lib/till.ex", "apps/door/lib/door.ex", "mix.exs"];
    const text = markdownReport(scanResult(found), { ...options, scanned });
    assert.match(text, /\| lib \| 2 \| 1 \| 1 \| 1 \| 1 \|\n\| apps\/till \| 1 \| 1 \| 1 \| 1 \| 0 \|\n\| the top folder \| 1 \| 1 \| 0 \| 1 \| 0 \|\n\| apps\/door \| 1 \| 0 \| 0 \| 0 \| 0 \|\n/);
    assert.doesNotMatch(markdownReport(scanResult(found), { ...options, scanned: ["lib/bakery/oven.ex"] }), /\| folder \|/);
  });
  it("shows place, marked code, impact, fix and effort of a finding, and lists it as a quick win", () => {
    const text = markdownReport(scanResult([finding({ fix: automatic })]), options);
    assert.match(text, /#### 1\. \[lib\/bakery\/oven\.ex:3\]\(lib\/bakery\/oven\.ex#L3\) in `Bakery\.Oven\.handle_call\/3`, proven/);
    assert.match(text, /```elixir\ndefmodule Bakery\.Oven do\n {2}def heat do\n {4}GenServer\.call\(__MODULE__, :heat\) {2}# <-- line 3\n {2}end\nend\n```/);
    assert.match(text, /\*\*Impact\.\*\* /);
    assert.match(text, /estimated effort 3 to 10 minutes/);
    assert.match(text, /### Quick wins\n\nProven, with a mechanical fix of 15 minutes or less:\n\n- no\. 1, \[lib\/bakery\/oven\.ex:3\]/);
  });
  it("shows a text edit that is ready as a difference, in every format, and says when there is none", () => {
    const oven = [...source.slice(0, 4), "", "  def cool do", "    :ok", "  end", "end"];
    const long = { ...options, quote: (_file: string, from: number, to: number) => oven.slice(from - 1, to) };
    const ready = scanResult([finding({ fix: readyFix })]);
    const markdown = markdownReport(ready, long);
    assert.match(markdown, /\*\*Fix\.\*\* Ask for the state at hand \(a mechanical edit\)\. A text edit is ready\./);
    assert.match(markdown, /\*\*Edit\.\*\* Use state\.heat, at \[lib\/bakery\/oven\.ex:3\]\(lib\/bakery\/oven\.ex#L3\)\.\n\n```diff\n {3}def heat do\n- {4}GenServer\.call\(__MODULE__, :heat\)\n\+ {4}state\.heat\n {3}end\n …\n {3}end\n\+ {2}# cools <down>\n end\n```/);
    const html = htmlReport(ready, long);
    assert.match(html, /<pre class="diff">[\s\S]*<span class="out"><i><b class="unseen">taken out: <\/b><b aria-hidden="true">-<\/b><\/i> {4}GenServer\.call[\s\S]*# cools &lt;down&gt;/);
    assert.match(textReport(ready), /Fix: Ask for the state at hand\. A text edit is ready\./);
    for (const text of [markdownReport(scanResult([finding({ fix: automatic })]), long), textReport(scanResult([finding({ fix: automatic })]))]) assert.doesNotMatch(text, /is ready|```diff/);
    assert.doesNotMatch(markdownReport(ready, { ...options, quote: () => undefined }), /```diff/);
  });
  it("quotes at most twelve lines", () => {
    const long = { ...options, quote: (_file: string, from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`) };
    const text = markdownReport(scanResult([finding({ startLine: 5, endLine: 400 })]), long);
    assert.equal(/```elixir\n([\s\S]*?)\n```/.exec(text)?.[1]?.split("\n").length, 12);
  });
  it("gives the same bytes twice, in both formats", () => {
    const result = scanResult([finding(), finding({ startLine: 9 })]);
    assert.equal(markdownReport(result, options), markdownReport(result, options));
    assert.equal(htmlReport(result, options), htmlReport(result, options));
  });
  it("differs from day to day in the line with the date alone", () => {
    const on = (date: string): readonly string[] => markdownReport(scanResult([finding()]), { ...options, date }).split("\n");
    const [monday, tuesday] = [on("2026-05-04"), on("2026-05-05")];
    assert.deepEqual(monday.filter((line, index) => line !== tuesday[index]), ["Date: 2026-05-04"]);
  });
  it("counts the modules that a plan splits by the functions that move, in every sum", () => {
    const god = finding({ rule: "god-module", family: "design", severity: "medium", module: "Shop", function: "", fix: { kind: "plan", title: "Plan the split" } });
    const shop = { name: "Shop", file: god.file, fromLine: 1, toLine: 9, codeLines: 900, publicFunctions: 30, privateFunctions: 9, proposed: [{ name: "Shop.Door", functions: Array.from({ length: 20 }, (_, i) => `f${i}/0`) }], blockers: [] };
    const text = markdownReport(scanResult([god]), { ...options, modules: [shop] });
    assert.match(text, /`god-module` · design · estimated effort 1 to 4 hours/);
    assert.match(text, /\| medium \| 1 \| 1 \| 1 to 4 hours \|\n\| all \| 1 \| 1 \| 1 to 4 hours \|/);
    assert.match(text, /- `Shop\.Door` \(20\): `f0\/0`, `f1\/0`/);
  });
  it("says once what all findings of a group share, and each time what differs", () => {
    const alike = markdownReport(scanResult([finding({ fix: automatic, searched: ["a task (none)"] }), finding({ fix: automatic, startLine: 9, searched: ["a task (none)"] })]), options);
    assert.equal(alike.match(/Call the function behind the handler \(a mechanical edit\)/g)?.length, 1);
    assert.equal(alike.match(/a task \(none\)/g)?.length, 1);
    const unlike = markdownReport(scanResult([finding({ fix: automatic }), finding({ fix: null, startLine: 9 })]), options);
    assert.match(unlike, /\*\*Fix\.\*\* Call the function behind the handler \(a mechanical edit\)\./);
  });
  it("puts what is critical first, then what more modules call", () => {
    const [rare, often] = [finding({ rule: "bare-spawn", module: "Rare" }), finding({ rule: "self-call", module: "Often", startLine: 9 })];
    const text = markdownReport(scanResult([rare, often]), { ...options, fanIn: { Rare: 0, Often: 5 } });
    assert.match(text, /1\. A server calls itself: 1 high, [^\n]*, called from up to 5 other modules \(no\. \d\)\n2\. /);
  });
  it("shows changes, decisions, tests and what waits to be re-enabled", () => {
    const item = remembered(finding());
    const none = { added: [], remaining: [], moved: [], changed: [], fixed: [item], removed: [], skipped: [], replaced: [], silenced: [], ambiguous: [], unknown: [] };
    const text = markdownReport(scanResult([]), {
      ...options,
      changes: { since: "the audit of 2026-05-01", comparison: none, regressed: new Map(), changedBy: () => ({ id: "0123456789abcdef", title: "Ask the oven directly" }) },
      decisions: [{ ...item, status: "fixed", reason: "asked directly", author: "Ada", date: "2026-05-02", verdict: "holds: not detected" }],
      testChanges: [{ file: "test/oven_test.exs", before: 2, after: 0, inPlace: [{ how: "assert_receive", count: 2 }], skipped: 1 }],
      toReenable: [{ file: "lib/a.ex", line: 3, note: '"TODO" beside a finding of `self-call`' }],
    });
    assert.match(text, /Compared with the audit of 2026-05-01, which had 1 finding: 1 fixed, 0 still there, 0 new\./);
    assert.match(text, /any more; the line changed in 0123456789 \(Ask the oven directly\)/);
    const changes = { since: "the audit of 2026-05-01", comparison: none, regressed: new Map(), changedBy: () => "unchanged", otherRules: "That audit was made by OTP Audit 1, this one by 2" } as const;
    const upgraded = markdownReport(scanResult([]), { ...options, changes });
    assert.match(upgraded, /any more; the line itself did not change \|/);
    assert.match(upgraded, /never by commit messages\. That audit was made by OTP Audit 1, this one by 2, so part of the difference may come from the rules\./);
    assert.match(text, /1 written down by people, each checked again by this run; none is contradicted\./);
    assert.match(text, /\| test\/oven_test\.exs \| 2 \| 0 \| 2 assert_receive \| \+1 \|/);
    assert.match(text, /### Needs re-enabling\n\n[^\n]*\n\n- \[lib\/a\.ex:3\]/);
  });
  it("lists contradicted decisions first, in strong words", () => {
    const [kept, broken] = [1, 2].map((line) => ({ ...remembered(finding({ startLine: line })), status: "fixed", reason: `r${line}`, author: "Ada", date: "2026-05-02" }));
    assert.ok(kept !== undefined && broken !== undefined);
    const text = markdownReport(scanResult([]), { ...options, decisions: [{ ...kept, verdict: "holds: not detected" }, { ...broken, verdict: "contradicted: still detected", now: remembered(finding()) }] });
    assert.match(text, /; 1 contradicted\.[\s\S]*\| r2 \| [^|]* \| \*\*contradicted\*\*: still detected: \[lib\/bakery\/oven\.ex:3\][^\n]*\n[^\n]*\| r1 \| [^|]* \| holds: not detected \|/);
  });
  it("keeps practices that hold in four of five places, with evidence and counter-evidence", () => {
    const place = (line: number) => ({ file: "lib/a.ex", line, note: "" });
    const text = markdownReport(scanResult([]), { ...options, practices: [{ title: "Servers are supervised", holds: 4, of: 5, unit: "servers", for: [place(1)], against: [place(2)] }, { title: "Monitors are kept", holds: 1, of: 5, unit: "monitors", for: [], against: [] }] });
    assert.match(text, /- \*\*Servers are supervised:\*\* 4 of 5 \(80 %\) servers, for example \[lib\/a\.ex:1\]\(lib\/a\.ex#L1\); not so at \[lib\/a\.ex:2\]/);
    assert.match(text, /### Counted, and not kept in four of five places\n\n- \*\*Monitors are kept:\*\* 1 of 5 \(20 %\) monitors/);
  });
  it("counts all places of backpressure, however few it lists", () => {
    const backpressure = Array.from({ length: 20 }, (_, index) => ({ file: "lib/a.ex", line: index + 1, note: "decides" }));
    const text = markdownReport(scanResult([]), { ...options, practices: [], backpressure });
    assert.match(text, /\*\*Backpressure\*\* is there in 20 places; how many need it is not measured; the first 12 are:/);
    assert.equal(text.match(/ decides$/gm)?.length, 12);
  });
  it("names a file once for all of its sleeps of one reason", () => {
    const sleep = (file: string, line: number, note = "waits for a rate window") => ({ file, line, note });
    const text = markdownReport(scanResult([]), { ...options, legitimateSleeps: [sleep("test/a.exs", 3), sleep("test/a.exs", 9), sleep("test/b.exs", 1), sleep("test/b.exs", 2, "parks a process")] });
    assert.match(text, /- waits for a rate window \(3\): \[test\/a\.exs:3\]\(test\/a\.exs#L3\), \[9\]\(test\/a\.exs#L9\); \[test\/b\.exs:1\]\(test\/b\.exs#L1\)\n- parks a process \(1\)/);
  });
  it("does not let the code it quotes become formatting", () => {
    const text = markdownReport(scanResult([finding({ message: "`a*b` and <b>*c*</b> [x](y) a_b _c_" })]), options);
    assert.match(text, /`a\*b` and \\<b\\>\\\*c\\\*\\<\/b\\> \\\[x\\\]\(y\) a_b \\_c\\_/);
  });
});

describe("the HTML report", () => {
  const everything: ReportOptions = {
    ...options,
    commit: { id: "0123456789abcdef", isDirty: true },
    date: "2026-05-04",
    modules: [{ name: "Bakery.Oven", file: "lib/bakery/oven.ex", fromLine: 1, toLine: 5, codeLines: 900, publicFunctions: 30, privateFunctions: 12, cohesion: 0.2, proposed: [{ name: "Bakery.Heat", functions: ["heat/0"] }], blockers: ["`heat/0` shares state."] }],
    sizes: [{ name: "Bakery.Oven", codeLines: 900, cohesion: 0.2, isReported: true }, { name: "B", codeLines: 100, cohesion: 0.9, isReported: false }],
    supervision: [{ name: "Bakery.Supervisor", note: "one_for_one", file: "lib/bakery.ex", line: 3, children: [{ name: "Bakery.Oven", note: "permanent", file: "lib/bakery/oven.ex", line: 1, children: [] }] }],
    trend: [{ label: "05-01", run: "2026-05-01 at 0123456789ab", critical: 1, high: 2, medium: 0, low: 0 }, { label: "now", run: "this audit", critical: 0, high: 1, medium: 0, low: 0 }],
    legitimateSleeps: [{ file: "test/a.exs", line: 3, note: "waits for a rate window" }],
  };
  const html = htmlReport(scanResult([finding({ message: 'Says <script>alert("hot")</script> & more' })]), everything);

  it("needs nothing from outside and runs no script", () => {
    assert.match(html, /default-src 'none'; style-src 'unsafe-inline'/);
    assert.ok(!/<script|<link|<img|src=|@import|url\(/.test(html));
    assert.match(html, /&lt;script&gt;alert\(&quot;hot&quot;\)/);
  });
  it("draws charts that say their figures, and the supervision tree beside the same list", () => {
    assert.match(html, /role="img" aria-label="Proven and likely findings by severity: critical 0, high 1, medium 0, low 0"/);
    assert.match(html, /aria-label="Findings over the last audits, those to review included: 05-01: 1 critical, 2 high/);
    assert.match(html, /aria-label="Module size against cohesion: Bakery\.Oven 900 code lines, 20 cohesion in %, reported; B 100 code lines/);
    assert.match(html, /<svg class="tree"[\s\S]*<\/svg><\/div><details><summary>The same as a list<\/summary><ul><li><a href="lib\/bakery\.ex#L3">Bakery\.Supervisor<\/a>/);
  });
  it("lets a path break after a folder or a word, and no function before its arity", () => {
    const text = htmlReport(scanResult([finding({ file: "lib/post_office/till.ex", message: "handle_call/3 of Till" })]), options);
    assert.match(text, />lib\/<wbr>post_<wbr>office\/<wbr>till\.ex:3</);
    assert.match(text, /handle_call\/3 of Till/);
  });
  it("leads from the table of rules and from the recommendations to each kind of finding", () => {
    const text = htmlReport(scanResult([finding(), finding({ startLine: 9, confidence: "review" })]), options);
    const links = [...text.matchAll(/<a href="#(high-self-call)">A server calls itself<\/a>/g)];
    assert.equal(links.length, 2);
    assert.match(text, /<h3 id="high-self-call">A server calls itself \(1\)<\/h3>[\s\S]*<h3 id="review-self-call">A server calls itself \(1\)<\/h3>/);
    const ids = new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const [, to] of text.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.has(to), `#${to} leads somewhere`);
  });
  it("is well formed and gives no id twice", () => {
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length);
    const open: string[] = [];
    for (const [, closing, name, selfClosing] of html.replace(/<style>[\s\S]*?<\/style>/, "").matchAll(/<(\/?)([a-z0-9]+)(?:\s[^>]*?)?(\/?)>/g)) {
      if (name === undefined || name === "meta" || name === "wbr" || selfClosing === "/") continue;
      if (closing === "/") assert.equal(open.pop(), name);
      else open.push(name);
    }
    assert.deepEqual(open, []);
  });
});

describe("effort", () => {
  it("counts the first finding in full, each further one 30 %, from half to double", () => {
    assert.deepEqual(effortOf([finding({ fix: automatic }), finding({ fix: automatic })]), { from: 4, likely: 7, to: 14 });
    assert.equal(effortText({ from: 90, likely: 180, to: 360 }), "1.5 to 6 hours");
    assert.equal(effortText(totalOf([{ from: 40, likely: 80, to: 160 }, { from: 40, likely: 80, to: 160 }, { from: 40, likely: 80, to: 160 }])), "1.5 to 7.5 hours", "as three lines of 0.5 to 2.5 hours");
  });
});

describe("the text report", () => {
  it("is one sentence when there is nothing to tell", () => {
    assert.equal(textReport(scanResult([])), "No findings in 10 files.\n");
  });
  it("puts what a person has to judge last", () => {
    const text = textReport(scanResult([finding({ severity: "low" }), finding({ confidence: "review", severity: "critical" })]));
    assert.ok(text.indexOf("Low (1)") < text.indexOf("To review (1)"));
  });
});
