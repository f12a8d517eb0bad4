/** Pictures of every page at two widths, for docs/console.md. */

import { mkdirSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { endBrowser, openBrowser, signIn, startStack } from "./browser.ts";

const FOLDER = new URL("../../docs/console/", import.meta.url).pathname;
const WIDTHS: Record<string, readonly [number, number]> = { wide: [1200, 800], narrow: [390, 780] };

const PAGES: [name: string, path: string, ready: (page: Page) => Promise<unknown>][] = [
  [
    "search",
    "/search?q=Where+does+the+user+live%3F&f=user%3Dmaya",
    async (page) => {
      await page.locator("[data-why]").first().click();
      await page.locator("[data-explanation]").waitFor();
    },
  ],
  [
    "memory",
    "/search?q=Rotterdam&f=type%3Dfacts%26user%3Dmaya",
    async (page) => {
      await page.getByRole("link", { name: "User lives in Rotterdam now", exact: true }).click();
      await page.locator("[data-quoted]").first().waitFor();
      await page.getByRole("slider").fill("400");
    },
  ],
  ["sessions", "/sessions", (page) => page.getByRole("link", { name: "first-visit" }).waitFor()],
  ["session", "/session?id=first-visit", (page) => page.locator("[data-fact]").first().waitFor()],
  ["users", "/users", (page) => page.getByRole("link", { name: "omar" }).waitFor()],
  ["user", "/user?id=maya", (page) => page.locator(".u-wrap").waitFor()],
  ["work", "/work", (page) => page.locator(".u-wrap").first().waitFor()],
  [
    "live",
    "/live?user=maya",
    async (page) => {
      await page.locator("[data-stream=live]").waitFor();
      await remember(["Maya keeps bees on the roof", "Maya's bees make linden honey"]);
      await page.locator("[data-change]").nth(1).waitFor();
    },
  ],
  [
    "try",
    "/try?user=nora&session=try",
    async (page) => {
      await page.getByLabel("Message").fill("I play the cello, and I live in Ghent.");
      await page.keyboard.press("Enter");
      await page.locator("[data-prompt]").waitFor();
      await page.getByRole("list", { name: "Facts" }).waitFor();
    },
  ],
];

const stack = await startStack();

async function remember(texts: string[]): Promise<void> {
  await fetch(`${stack.address}/v1/memories:batchCreate`, {
    method: "POST",
    headers: { authorization: `Bearer ${stack.keys.admin}`, "content-type": "application/json" },
    body: JSON.stringify({ memories: texts.map((text) => ({ text, user_id: "maya" })), deduplication: "DEDUPLICATION_POLICY_NONE" }),
  });
}

mkdirSync(FOLDER, { recursive: true });
for (const [size, [width, height]] of Object.entries(WIDTHS)) {
  for (const [name, path, ready] of PAGES) {
    const { page, close } = await openBrowser(width, height, name === "session" || name === "work");
    await page.goto(`${stack.address}/console${path}`);
    await signIn(page, stack.keys.admin);
    await ready(page);
    await page.evaluate(() => document.fonts.ready);
    const { data } = await (await page.context().newCDPSession(page)).send("Page.captureScreenshot", { format: "webp", quality: 55 });
    writeFileSync(`${FOLDER}${name}-${size}.webp`, Buffer.from(data, "base64"));
    await close();
  }
}
await endBrowser();
await stack.stop();
