/** Every page by its purpose, in Chromium before running stacks. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { type Browser, endBrowser, type Name, openBrowser, signIn, type Stack, startStack } from "./browser.ts";

const FIRST_LOAD_BYTES = 250 * 1024;
const STRANGE = /zebrafish|globex/i;

let stack: Stack;
before(async () => {
  stack = await startStack();
});
after(async () => {
  await endBrowser();
  await stack.stop();
});

/** A browser on a page, with a key; every test ends by looking at what the browser did. */
let browser: Browser;
let page: Page;

async function open(path: string, who: Name | "nobody" = "admin", address = stack.address): Promise<void> {
  await page.goto(`${address}/console${path}`);
  if (who !== "nobody") await signIn(page, stack.keys[who]);
}

beforeEach(async () => {
  browser = await openBrowser();
  page = browser.page;
});

afterEach(async () => {
  const { watched } = browser;
  const bodies = await Promise.all(watched.bodies);
  const shown = await page.content();
  await browser.close();
  assert.deepEqual([...watched.hosts()].length, 1, `only its own host is asked: ${[...watched.hosts()]}`);
  assert.deepEqual(watched.complaints, [], "the browser complains of nothing");
  if (!strangersAreExpected) {
    assert.doesNotMatch(shown, STRANGE, "nothing of another tenant is shown");
    for (const body of bodies) assert.doesNotMatch(body.toString("latin1"), STRANGE, "nothing of another tenant is answered");
  }
  strangersAreExpected = false;
});
let strangersAreExpected = false;

/** Fail on anything that WCAG 2.2 AA forbids and a machine can find. */
async function accessible(name: string): Promise<void> {
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    const { violations } = await new AxeBuilder({ page: page as never })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
      .analyze();
    const found = violations.map((each) => `${each.id}: ${each.nodes.map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`);
    assert.deepEqual(found, [], `${name}, ${theme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  // No page is wider than the narrowest screen.
  const size = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 800 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name} is ${wide} pixels wider than a narrow screen`);
  if (size) await page.setViewportSize(size);
}

/** Call the gateway as somebody else does, past the browser. */
async function call(path: string, body: unknown, who: Name = "admin", method = "POST"): Promise<Record<string, unknown>> {
  const answer = await fetch(`${stack.address}${path}`, {
    method,
    headers: { authorization: `Bearer ${stack.keys[who]}`, "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return (await answer.json()) as Record<string, unknown>;
}

describe("sign-in", () => {
  test("a key is asked for, and kept in the page alone", async () => {
    await open("/search", "nobody");
    await page.getByLabel("API key or token").waitFor();
    await accessible("sign-in");
    await page.getByLabel("API key or token").fill("am_unknown_key");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("missing, unknown or no longer valid").waitFor();
    await signIn(page, stack.keys.reader);
    await page.getByText("reader", { exact: true }).last().waitFor();
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.ok(!kept.includes("am_"), "no key is stored");
    await page.reload();
    await page.getByLabel("API key or token").waitFor();
  });

  test("without authentication nobody is asked", async () => {
    await open("/search", "nobody", stack.keyless);
    await page.getByRole("navigation", { name: "Pages" }).waitFor();
    await page.getByText("No key needed").last().waitFor();
  });

  test("the first load is small", async () => {
    await open("/search", "nobody");
    await page.getByLabel("API key or token").waitFor();
    await signIn(page, stack.keys.reader);
    await page.getByRole("list", { name: "Hits" }).waitFor();
    const bytes = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter((entry) => entry.name.includes("/console/"))
        .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
    );
    console.log(`first load: ${(bytes / 1024).toFixed(0)} KiB compressed`);
    assert.ok(bytes < FIRST_LOAD_BYTES, `${bytes} bytes`);
  });
});

describe("search", () => {
  test("every hit says why it is where it is, and the parts add up", async () => {
    await open("/search");
    await page.keyboard.press("/");
    await page.keyboard.type("Where does the user live?");
    await page.keyboard.press("Enter");
    const first = page.locator("[data-hit]").first();
    await first.getByText("User lives in Rotterdam").waitFor();
    await first.getByRole("button", { name: "Why here" }).click();
    const parts = await first.locator("[data-contribution]").evaluateAll((all) => all.map((each) => Number(each.getAttribute("data-contribution"))));
    const score = Number(await first.locator("[data-score]").getAttribute("data-score"));
    assert.ok(parts.length >= 3);
    assert.ok(Math.abs(parts.reduce((sum, each) => sum + each, 0) - score) < 0.01, `${parts} make ${score}`);
    await first.getByText("near to the question in meaning").first().waitFor();
    await accessible("search");
  });

  test("filters are chips, and a link holds them", async () => {
    await open("/search");
    const filter = async (kind: string, value: string) => {
      await page.getByRole("button", { name: "+ Filter" }).click();
      await page.getByLabel("Filter", { exact: true }).selectOption(kind);
      await page.getByLabel(kind === "metadata" ? /^Path/ : "Value").fill(value);
      await page.getByRole("button", { name: "Add", exact: true }).click();
    };
    await filter("user", "maya");
    await filter("metadata", "agent.id=concierge");
    await page.getByText("1 pass the filters").waitFor();
    await page.getByText("Maya renews her museum pass every spring").waitFor();
    const link = page.url();
    await page.getByRole("button", { name: "Remove Metadata: agent.id=concierge" }).click();
    await page.getByText("User is allergic to peanuts").first().waitFor();
    await page.goto(link);
    await signIn(page, stack.keys.admin);
    await page.getByText("1 pass the filters").waitFor();
  });

  test("as of another time, what was true then is found", async () => {
    await open(`/search?${new URLSearchParams({ q: "Where does the user live?", asof: "2026-05-01T00:00:00.000Z", f: "type=facts" })}`);
    const hits = page.locator("[data-hit]");
    await hits.getByText("User lives in Lisbon").waitFor();
    assert.equal(await hits.getByText("User lives in Rotterdam").count(), 0);
  });

  test("two settings stand side by side", async () => {
    await open("/search?q=peanuts");
    await page.getByRole("button", { name: "Two settings side by side" }).click();
    await page.getByRole("list", { name: "Second setting" }).getByText("peanuts").first().waitFor();
    await page.getByRole("list", { name: "First setting" }).getByText("peanuts").first().waitFor();
    await accessible("two settings");
  });

  test("a key of one user finds nothing of another", async () => {
    await open("/search?q=brass+sextants", "maya");
    await page.getByRole("list", { name: "Hits" }).waitFor();
    await page.waitForFunction(() => document.querySelectorAll("[data-hit]").length > 0);
    assert.doesNotMatch(await page.content(), /I collect|collects brass/);
  });

  test("another tenant finds its own", async () => {
    strangersAreExpected = true;
    await open("/search?q=zebrafish", "stranger");
    await page.getByText("zebrafish").first().waitFor();
    assert.doesNotMatch(await page.content(), /Rotterdam|peanuts/);
    // Who signs in next sees nothing of it, in the page or in what the page remembers.
    await page.getByRole("button", { name: /^key/ }).first().click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn(page, stack.keys.admin);
    await page.getByRole("list", { name: "Hits" }).waitFor();
    await page.waitForFunction(() => document.querySelectorAll("[data-hit]").length > 0);
    assert.doesNotMatch(await page.getByRole("list", { name: "Hits" }).innerText(), /zebrafish/);
  });
});

describe("a memory", () => {
  const openFact = async (text: string, who: Name = "admin") => {
    await open(`/search?${new URLSearchParams({ q: text, f: "type=facts", past: "1" })}`, who);
    await page.locator("[data-hit]").getByRole("link", { name: text, exact: true }).click();
    await page.locator("[data-memory-text]").getByText(text).waitFor();
  };

  test("it quotes who said it, and links there", async () => {
    await openFact("User is allergic to peanuts");
    await page.locator("[data-quoted]").getByText("I'm allergic to peanuts").waitFor();
    await page.getByRole("link", { name: /in first-visit, message/ }).waitFor();
    await accessible("memory");
  });

  test("the slider crosses a supersession", async () => {
    await openFact("User lives in Rotterdam");
    const then = page.locator("[data-true-then]");
    await then.getByText("User lives in Rotterdam").waitFor();
    await page.getByRole("list", { name: "Memories that belong together" }).getByText("User lives in Lisbon").waitFor();
    const slider = page.getByRole("slider", { name: "As of" });
    await slider.focus();
    await slider.fill("300");
    await then.getByText("User lives in Lisbon").waitFor();
    assert.doesNotMatch(await then.innerText(), /Rotterdam/);
  });

  test("an edit is a change that can be read and taken back", async () => {
    await openFact("Maya's coffee is a flat white");
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Text").fill("Maya's coffee is a double espresso");
    await page.getByLabel("Why, for its history").fill("she said so at the bar");
    await accessible("edit");
    await page.getByRole("button", { name: "Save" }).click();
    const change = page.locator("[data-revision=UPDATE]").first();
    await change.getByText("she said so at the bar").waitFor();
    assert.match(await change.locator("del").first().innerText(), /flat white/);
    assert.match(await change.locator("ins").first().innerText(), /double espresso/);
    await change.getByRole("button", { name: "Take back" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Take back" }).click();
    await page.locator("[data-memory-text]").getByText("flat white").waitFor();
    await page.getByRole("button", { name: "Pin" }).click();
    await page.getByRole("button", { name: "Unpin" }).waitFor();
  });

  test("what was deleted is found no more, and its deletion can be taken back", async () => {
    await call("/v1/memories:batchCreate", { memories: [{ id: "short-lived", text: "Maya hums while she draws", user_id: "maya" }] });
    await open("/memory?id=short-lived");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("No such memory", { exact: true }).waitFor();
    await page.locator("[data-revision=DELETE]").getByRole("button", { name: "Take back" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Take back" }).click();
    await page.locator("[data-memory-text]").getByText("Maya hums").waitFor();
  });

  test("a reader is offered no change", async () => {
    await openFact("User is allergic to peanuts", "reader");
    await page.getByText("Who said it").waitFor();
    assert.equal(await page.getByRole("button", { name: /Edit|Pin|Delete|Take back/ }).count(), 0);
  });
});
