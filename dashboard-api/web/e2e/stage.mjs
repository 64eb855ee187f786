// The browser, the page under test, and what the browser complains of.

import { chromium } from 'playwright-core';

const CHROMIUM = process.env.PROHORI_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** On two busy cores a page may take its time; a test fails only when it takes longer than this. */
const PATIENCE_MS = 20_000;

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{ name: string, run: (stage: Stage) => Promise<void> }} Case */

export class Stage {
  /** @type {string[]} */
  #complaints = [];

  /**
   * @param {string} url
   * @param {import('playwright-core').Browser} browser
   * @param {import('playwright-core').BrowserContext} context
   * @param {Page} page
   */
  constructor(url, browser, context, page) {
    this.url = url;
    this.browser = browser;
    this.context = context;
    this.page = page;
    /** Another analyst, who works without a browser; there once a password is. @type {import('./analyst.mjs').Analyst | null} */
    this.other = null;
    this.#listen(page);
  }

  /** @param {string} url */
  static async open(url) {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      locale: 'en-GB',
      permissions: ['clipboard-read', 'clipboard-write'],
      // The machine's own zone must not matter.
      timezoneId: 'America/New_York',
    });
    context.setDefaultTimeout(PATIENCE_MS);
    return new Stage(url, browser, context, await context.newPage());
  }

  /** @param {Page} page */
  #listen(page) {
    page.on('pageerror', (error) => this.#complaints.push(`uncaught ${error.message}`));
    page.on('console', (message) => {
      // Refusals by the server (401, 412) are part of the tests; broken policies and React's warnings are not.
      const text = message.text();
      const isNetwork = /Failed to load resource|ERR_INTERNET_DISCONNECTED/.test(text);
      if (['error', 'warning'].includes(message.type()) && !isNetwork) this.#complaints.push(text);
    });
  }

  /** What the browser complained of since it was last asked: errors, warnings, violations of the policy. */
  takeComplaints() {
    return this.#complaints.splice(0);
  }

  /** A new page in the same session. */
  async fresh() {
    await this.page.close();
    this.page = await this.context.newPage();
    this.#listen(this.page);
  }

  /** @param {string} path */
  async go(path) {
    await this.page.goto(this.url + path);
  }

  /** The queue, with its rows. @param {string} [query] */
  async queue(query = '') {
    await this.go(`/alerts${query}`);
    await this.page.locator('[role=row][data-index="0"]').waitFor();
  }

  /** @param {string} id */
  async alert(id) {
    await this.go(`/alerts/${encodeURIComponent(id)}?state=any`);
    await this.page.locator('.pane-body').waitFor();
  }

  /** What the page's own session gets from the API. @param {string} path @returns {Promise<any>} */
  async api(path) {
    const response = await this.context.request.get(`${this.url}/api/v1${path}`);
    if (!response.ok()) throw new Error(`GET ${path} answered ${response.status()}`);
    return response.json();
  }

  /** Alerts that nobody has settled yet; reopens some if there are too few. @param {number} count */
  async newAlerts(count) {
    const { items } = await this.api(`/alerts?state=new&limit=${count}`);
    if (items.length >= count) return items;
    const { items: others } = await this.api(`/alerts?state=acknowledged,in_progress,closed&limit=${count}`);
    for (const alert of others.slice(0, count - items.length)) {
      items.push(await this.signedIn().change(alert.id, alert.version, { state: 'new' }));
    }
    if (items.length < count)
      throw new Error(`the stack has ${items.length} alerts, the test needs ${count}`);
    return items;
  }

  signedIn() {
    if (!this.other) throw new Error('the other analyst has not signed in: did the first test fail?');
    return this.other;
  }

  async close() {
    await this.browser.close();
  }
}

/** @param {unknown} condition @param {string} what @returns {asserts condition} */
export function check(condition, what) {
  if (!condition) throw new Error(what);
}

/** @param {unknown} actual @param {unknown} expected @param {string} what */
export function equal(actual, expected, what) {
  if (actual !== expected)
    throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

/** @template T @param {string} what @param {() => Promise<T>} ask @returns {Promise<NonNullable<T>>} */
export async function until(what, ask) {
  const end = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within a minute: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
