/** Real Chromium before a real stack, and everything that a page must never do. */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Browser as Chromium, type BrowserContext, chromium, type Page, type Request } from "playwright-core";

const ROOT = new URL("../../", import.meta.url).pathname;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export type Name = "admin" | "writer" | "reader" | "maya" | "stranger";

export interface Stack {
  address: string;
  keyless: string;
  keys: Record<Name, string>;
  stop: () => Promise<void>;
}

/** Start the stacks of `tests/support/console_stack.py`. */
export async function startStack(...options: string[]): Promise<Stack> {
  const python = process.env["PYTHON"] ?? join(ROOT, ".venv/bin/python");
  const child: ChildProcess = spawn(python, ["-m", "tests.support.console_stack", ...options], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const line = await new Promise<string>((told, failed) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once("line", told);
    child.once("exit", (code) => failed(new Error(`the stack ended with ${code}`)));
  });
  return {
    ...(JSON.parse(line) as Omit<Stack, "stop">),
    stop: async () => {
      child.stdin?.end();
      await ended;
    },
  };
}

/** What a browser did: for the assertions that hold on every page. */
export class Watched {
  readonly requests: Request[] = [];
  readonly complaints: string[] = [];
  readonly bodies: Promise<Buffer>[] = [];
  /** Set while connections are cut on purpose, which the browser itself complains about. */
  cut = false;

  follow(page: Page): void {
    page.on("request", (request) => this.requests.push(request));
    page.on("response", (response) => {
      // A stream has no end to wait for.
      if (!/Watch/.test(response.url())) this.bodies.push(response.body().catch(() => Buffer.alloc(0)));
    });
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !(this.cut && /net::ERR/.test(message.text()))) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  /** Hosts that were asked for anything. */
  hosts(): Set<string> {
    return new Set(this.requests.map((request) => new URL(request.url())).filter((url) => url.protocol !== "blob:").map((url) => url.host));
  }
}

export interface Browser {
  context: BrowserContext;
  page: Page;
  watched: Watched;
  close: () => Promise<void>;
}

let running: Promise<Chromium> | undefined;

/** Open a browser that knows nothing from before; all of them are one process. */
export async function openBrowser(width = 1280, height = 900, dark = false): Promise<Browser> {
  running ??= chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: FLAGS });
  const context = await (await running).newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    locale: "en-GB",
    timezoneId: "Europe/Amsterdam",
    reducedMotion: "reduce",
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const watched = new Watched();
  watched.follow(page);
  page.setDefaultTimeout(60_000);
  return {
    context,
    page,
    watched,
    close: () => context.close(),
  };
}

/** End the browser's process. */
export async function endBrowser(): Promise<void> {
  await (await running)?.close();
}

/** Sign in with a key on whichever page is open. */
export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel("API key or token").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
}
