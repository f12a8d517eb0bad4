/** Every page by its purpose, in Chromium before running stacks. */

import assert from "node:assert/strict";
import { connect, createServer, type Server, type Socket } from "node:net";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { type Browser, endBrowser, type Name, openBrowser, signIn, type Stack, startStack } from "./browser.ts";

const FIRST_LOAD_BYTES = 250 * 1024;
const FORBIDDEN = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
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
    // Themes differ in their colours alone.
    const axe = new AxeBuilder({ page: page as never }).options({ resultTypes: ["violations"] });
    const { violations } = await (theme === "light" ? axe.withTags(FORBIDDEN) : axe.withRules(["color-contrast"])).analyze();
    const found = violations.map((each) => `${each.id}: ${each.nodes.map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`);
    assert.deepEqual(found, [], `${name}, ${theme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  // No page is wider than the narrowest screen, and text grows with the largest.
  const size = page.viewportSize();
  for (const [width, height] of [[360, 800], [3840, 2160]] as const) {
    await page.setViewportSize({ width, height });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${name} is ${wide} pixels wider than a screen of ${width}`);
  }
  // The page hears of its new size with a frame that comes later.
  const text = await page.evaluate(
    () =>
      new Promise<number>((done) => {
        const ends = performance.now() + 30_000;
        const look = () => {
          const size = Number.parseFloat(getComputedStyle(document.body).fontSize);
          if (size >= 20 || performance.now() > ends) done(size);
          else setTimeout(look, 50);
        };
        look();
      }),
  );
  assert.ok(text >= 20, `text of ${text} pixels on a screen of 3840`);
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
    const first = page.locator("[data-hit]").filter({ hasText: "Rotterdam" }).first();
    await first.waitFor();
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
    await openFact("User lives in Rotterdam now");
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

describe("sessions", () => {
  test("they are listed, and sorted by their headings", async () => {
    await open("/sessions");
    const table = page.getByRole("table", { name: "Sessions" });
    await table.getByRole("link", { name: "first-visit" }).waitFor();
    await table.getByRole("button", { name: "In the log" }).click();
    await table.getByRole("columnheader", { name: "In the log" }).waitFor();
    await accessible("sessions");
  });

  test("the log stands beside the view, and facts beside what states them", async () => {
    await open("/session?id=exhibition");
    await page.getByText(/^Summary of messages 1 to \d+/).waitFor();
    await page.getByText("learned from 42 of 42 messages").waitFor();
    await page.getByText("in view").first().waitFor();
    await page.getByLabel("Token budget").fill("200");
    await page.getByRole("button", { name: "Build" }).click();
    await page.locator("[data-prompt]").getByText(/for room/).first().waitFor();
    await accessible("session");
    await page.goto(`${stack.address}/console/session?id=first-visit&m=4`);
    await signIn(page, stack.keys.admin);
    await page.locator("[data-message='4'] [data-fact]").getByText("User is allergic to peanuts").waitFor();
  });

  test("what is said elsewhere appears by itself", async () => {
    await open("/session?id=travel-talk");
    await page.locator("[data-stream=live]").waitFor();
    await call("/v1/working-memory/travel-talk:append", { user_id: "maya", messages: [{ role: "user", content: "I always carry a blue umbrella." }] });
    await page.locator("[data-message]").getByText("I always carry a blue umbrella.").waitFor();
    await page.locator("[data-fact]").getByText(/blue umbrella/).waitFor();
  });

  test("ten thousand messages stay smooth", async () => {
    await open("/session?id=ledger&m=1");
    await page.locator("[data-message='1']").waitFor();
    const list = page.getByRole("list", { name: "Messages of the log" });
    await list.evaluate(async (frame) => {
      while (!frame.querySelector("[data-message='10000']")) {
        frame.scrollTop = frame.scrollHeight;
        await new Promise((done) => setTimeout(done, 20));
      }
    });
    const spent = await list.evaluate(async (frame) => {
      const times: number[] = [];
      for (let jump = 0; jump < 40; jump++) {
        const begin = performance.now();
        frame.scrollTop = (frame.scrollHeight * ((jump * 7) % 40)) / 40;
        await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
        times.push(performance.now() - begin);
      }
      return times.sort((one, other) => one - other);
    });
    console.log(`a jump among 10,000 rows: median ${spent[20]?.toFixed(0)} ms, longest ${spent.at(-1)?.toFixed(0)} ms`);
    assert.ok((await page.locator("[data-message]").count()) < 100, "only what is in sight is in the page");
  });

  test("a key of one user does not see another's session", async () => {
    await open("/session?id=omar-1", "maya");
    await page.getByText("No such session", { exact: true }).waitFor();
    await accessible("not found");
  });
});

describe("a user", () => {
  test("what is known is told by topic, standing first", async () => {
    await open("/user?id=maya");
    await page.getByRole("list", { name: "Standing memories" }).getByText("User is allergic to peanuts").waitFor();
    await page.getByRole("list", { name: "Memories about home" }).getByText("User lives in Rotterdam").waitFor();
    await page.getByRole("img", { name: /^Facts and events/ }).waitFor();
    await accessible("user");
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export" }).click();
    const text = await read(await (await download).createReadStream());
    assert.ok(text.split("\n").filter(Boolean).every((line) => JSON.parse(line).user_id === "maya"));
  });

  test("all users are listed, and found by how their ids begin", async () => {
    const many = Array.from({ length: 450 }, (_, number) => ({ text: `Reader ${number} likes books`, user_id: `reader-${number}` }));
    await call("/v1/memories:batchCreate", { memories: many, deduplication: "DEDUPLICATION_POLICY_NONE" });
    await open("/users");
    const list = page.getByRole("list", { name: "Users" });
    await list.getByRole("link", { name: "maya", exact: true }).waitFor();
    await accessible("users");
    await page.getByLabel("Id of a user, or how it begins").fill("reader-");
    await page.keyboard.press("Enter");
    await page.getByText("Users that begin with reader-").waitFor();
    await page.getByText("450", { exact: true }).waitFor();
    // The next pages are read as the end of the list comes into sight.
    await list.evaluate(async (frame) => {
      while (!frame.querySelector("[aria-posinset='450']")) {
        frame.scrollTop = frame.scrollHeight;
        await new Promise((done) => setTimeout(done, 20));
      }
    });
    await page.getByLabel("Id of a user, or how it begins").fill("maya");
    await page.getByRole("button", { name: "Open this one" }).click();
    await page.getByRole("list", { name: "Standing memories" }).waitFor();
  });

  test("a key of one user is told of no other", async () => {
    await open("/users", "maya");
    const list = page.getByRole("list", { name: "Users" });
    await list.getByRole("link", { name: "maya", exact: true }).waitFor();
    assert.equal(await list.getByRole("listitem").count(), 1);
  });

  test("erasing takes the name, and leaves a receipt and nothing else", async () => {
    await call("/v1/memories:batchCreate", { memories: [{ text: "Ruth paints harbours", user_id: "ruth" }] });
    await call("/v1/working-memory/ruth-1:append", { user_id: "ruth", messages: [{ role: "user", content: "I paint harbours in oil." }] });
    await open("/user?id=ruth");
    await page.getByText("Ruth paints harbours").first().waitFor();
    await page.getByRole("button", { name: "Erase" }).click();
    const dialog = page.getByRole("alertdialog");
    const button = dialog.getByRole("button", { name: "Erase for good" });
    assert.ok(await button.isDisabled());
    await dialog.getByLabel(/^Type/).fill("rut");
    assert.ok(await button.isDisabled());
    await dialog.getByLabel(/^Type/).fill("ruth");
    await accessible("erase");
    await button.click();
    await page.locator("[data-receipt]").getByText(/sessions/).first().waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download the receipt" }).click();
    const receipt = JSON.parse(await read(await (await download).createReadStream()));
    assert.deepEqual([receipt.user_id, receipt.receipts.length], ["ruth", 3]);
    await page.getByText("Nothing is known").waitFor();
    await page.getByRole("link", { name: "Search" }).click();
    await page.getByLabel("Question").fill("who paints harbours?");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll("[data-hit]").length > 0);
    assert.doesNotMatch(await page.getByRole("list", { name: "Hits" }).innerText(), /harbour/i);
  });

  test("who is no admin is not offered to erase or export", async () => {
    await open("/user?id=maya", "writer");
    await page.getByText("Standing, in every prompt").waitFor();
    assert.equal(await page.getByRole("button", { name: /Erase|Export/ }).count(), 0);
  });
});

describe("work", () => {
  test("a job that failed says why, and is tried again or cancelled", async () => {
    await open("/work", "nobody", stack.keyless);
    const failed = page.getByRole("row").filter({ hasText: "failed" }).filter({ hasText: "unread" });
    await failed.getByText(/model_denied/).waitFor();
    await failed.getByRole("button", { name: "Retry" }).click();
    const waiting = page.getByRole("row").filter({ hasText: /waiting|running/ });
    await waiting.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Cancel the job" }).click();
    await page.getByRole("row").filter({ hasText: "cancelled" }).waitFor();
    await accessible("work");
  });

  test("what a model took is told, with what is left of the budget", async () => {
    await open("/work", "nobody", stack.keyless);
    const spend = page.locator("[data-spend]");
    const row = spend.getByRole("row").filter({ hasText: "small-model" });
    await row.getByText("$").waitFor();
    assert.match(await row.innerText(), /1,000\s+200\s+\$0\.0040/);
    await page.getByText(/1,200 of 1,000,000 used/).waitFor();
    await page.locator("[data-figures]").getByRole("img", { name: "Tokens of models in a minute: 1200 in all" }).waitFor();
  });

  test("who sees a part of the tenant gets no figures of it", async () => {
    await open("/work", "maya");
    await page.getByText("Figures are of the whole tenant").waitFor();
    assert.equal(await page.locator("[data-figures]").count(), 0);
  });

  test("throughput, lag and spend are shown over time", async () => {
    await open("/work", "reader");
    const figures = page.locator("[data-figures]");
    const done = (name: RegExp) => figures.getByRole("img", { name });
    await done(/^Jobs done in a minute: [1-9]\d* in all/).waitFor();
    await done(/^Seconds from a message to its facts, at most: at most \d+\.\d seconds/).waitFor();
    await page.getByRole("button", { name: "Seven days" }).click();
    await done(/^Jobs done in an hour: [1-9]\d* in all/).waitFor();
    await page.getByText("No model was asked in this time.").waitFor();
    await accessible("figures");
    await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: "Failed" }).click();
    await page.getByText("No such job").waitFor();
    assert.equal(await page.getByRole("button", { name: /Retry|Cancel/ }).count(), 0);
  });
});

/** A line between the browser and the gateway that can be cut. */
class Line {
  private readonly sockets = new Set<Socket>();
  private server: Server;
  address = "";
  private readonly to = new URL(stack.address);

  constructor() {
    this.server = this.made();
  }

  private made(): Server {
    return createServer((near) => {
      const far = connect(Number(this.to.port), this.to.hostname);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on("error", () => undefined).on("close", () => this.sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
  }

  async lay(port = 0): Promise<void> {
    this.server = this.made();
    await new Promise<void>((done) => this.server.listen(port, "127.0.0.1", done));
    this.address = `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  async cut(): Promise<void> {
    if (!this.server.listening) return;
    const ended = new Promise<void>((done) => this.server.close(() => done()));
    for (const socket of this.sockets) socket.destroy();
    await ended;
  }
}

describe("live", () => {
  let line: Line;
  // After the browser is gone; what is left open would keep the tests from ending.
  after(() => line.cut());

  test("a lost stream resumes, and nothing in between is missed", async () => {
    line = new Line();
    await line.lay();
    const remember = (text: string) => call("/v1/memories:batchCreate", { memories: [{ text, user_id: "omar" }] });
    await open("/live?user=omar", "reader", line.address);
    await page.locator("[data-stream=live]").waitFor();
    await remember("Omar polishes the first sextant");
    await page.locator("[data-change]").getByText("first sextant").waitFor();
    await accessible("live");
    browser.watched.cut = true;
    const port = Number(new URL(line.address).port);
    await line.cut();
    await page.locator("[data-stream=lost]").waitFor();
    await remember("Omar polishes the second sextant");
    await call("/v1/memories:batchCreate", { memories: [{ text: "Maya polishes a mirror", user_id: "maya" }] });
    await line.lay(port);
    await page.locator("[data-change]").getByText("second sextant").waitFor();
    await remember("Omar polishes the third sextant");
    await page.locator("[data-change]").getByText("third sextant").waitFor();
    assert.equal(await page.locator("[data-change]").count(), 3, "each change is told once, and of this user alone");
  });
});

describe("trying it", () => {
  test("facts appear as they are found, and the packet is shown", async () => {
    await open("/try");
    await page.getByLabel("As user").fill("nora");
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByLabel("Message").fill("I play the cello, and I live in Ghent.");
    await page.keyboard.press("Enter");
    await page.getByRole("log").getByText("I play the cello").waitFor();
    await page.getByRole("list", { name: "Facts" }).getByText(/Ghent/).waitFor();
    await page.locator("[data-prompt]").getByText("History").waitFor();
    await accessible("try it");
  });

  test("who may not write is told so", async () => {
    await open("/try", "reader");
    await page.getByText("Not allowed").waitFor();
  });
});

describe("the keyboard", () => {
  test("leads everywhere, and can be switched off", async () => {
    await open("/search");
    await page.getByRole("list", { name: "Hits" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("w");
    await page.getByRole("heading", { name: "Work", level: 1 }).waitFor();
    await page.keyboard.press("?");
    const dialog = page.getByRole("dialog", { name: "Keys" });
    await dialog.waitFor();
    await accessible("keys");
    await dialog.getByLabel("Keys of one character are on").uncheck();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await page.keyboard.press("?");
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    assert.equal(await dialog.count(), 0);
    assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "Work");
  });
});

async function read(stream: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}
