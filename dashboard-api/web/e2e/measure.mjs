// Measures the dashboard in a browser, against a running stack whose queue is long:
//
//   PROHORI_URL=http://127.0.0.1:8088 PROHORI_TOKEN=... npm run measure
//
// Prints rows of a Markdown table: how long a first visit takes on a thin link, and how the queue scrolls.

import { Stage } from './stage.mjs';

/** A field office: 400 kbit/s, 300 ms. */
const LINK = { bits: 400_000, latency: 300 };
/** Frames longer than this are seen: three of a 60 Hz screen. */
const LONG_MS = 50;
/** How far the wheel turns at each step, and how often. */
const WHEEL_PX = 600;
const STEPS = 400;

const url = process.env.PROHORI_URL?.replace(/\/$/, '');
const token = process.env.PROHORI_TOKEN;
if (!url || !token) {
  process.stderr.write('PROHORI_URL and PROHORI_TOKEN: the stack and a one-time sign-in\n');
  process.exit(2);
}

const stage = await Stage.open(url);
await stage.page.goto(`${url}/#token=${token}`);
await stage.page.locator('[role=row][data-index="0"]').waitFor();
const cookies = await stage.context.cookies();

/** Milliseconds until `selector` is seen by a browser that was never here, and bytes that it took. @param {string} path @param {string} selector @param {boolean} scripts */
async function firstVisit(path, selector, scripts) {
  const context = await stage.browser.newContext({ javaScriptEnabled: scripts, locale: 'en-GB' });
  try {
    await context.addCookies(cookies);
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: LINK.latency,
      downloadThroughput: LINK.bits / 8,
      uploadThroughput: LINK.bits / 8,
    });
    let bytes = 0;
    session.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    const begun = Date.now();
    await page.goto(`${url}${path}`, { waitUntil: 'commit', timeout: 60_000 });
    await page.locator(selector).first().waitFor({ timeout: 60_000 });
    const ms = Date.now() - begun;
    await page.waitForLoadState('load');
    return { ms, bytes };
  } finally {
    await context.close();
  }
}

/** @param {number[]} values @param {number} share */
function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Turns the wheel over the queue until its end; the time of every frame, and the rows that were passed. */
async function scroll() {
  const { page } = stage;
  await stage.queue('?state=any');
  await page.locator('.grid').hover();
  await page.evaluate(() => {
    const frames = /** @type {number[]} */ ([]);
    let last = performance.now();
    const frame = (/** @type {number} */ now) => {
      frames.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    Object.assign(globalThis, { frames });
  });
  for (let step = 0; step < STEPS; step += 1) {
    await page.mouse.wheel(0, WHEEL_PX);
    await page.waitForTimeout(16);
  }
  const rows = await page.evaluate(() => {
    const grid = document.querySelector('.grid');
    return Math.floor(((grid?.scrollTop ?? 0) + (grid?.clientHeight ?? 0)) / 32);
  });
  const drawn = await page.locator('.grid-body [role=row]').count();
  const frames = /** @type {number[]} */ (await page.evaluate('globalThis.frames'));
  return { rows, drawn, frames: frames.slice(1) };
}

const row = (/** @type {(string | number)[]} */ ...cells) =>
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
const kib = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(1)} KiB`;

row('what', 'figure', 'bar');
row('---', '---', '---');
for (const [name, path, selector, scripts, bar] of /** @type {const} */ ([
  ['/lite, first visit', '/lite', 'ol a', false, '1.5 s'],
  ['the shell, first visit, to the first row', '/alerts', '[role=row][data-index="0"]', true, '6 s'],
])) {
  const visits = [];
  for (let time = 0; time < 5; time += 1) visits.push(await firstVisit(path, selector, scripts));
  const ms = quantile(
    visits.map((visit) => visit.ms),
    0.5,
  );
  row(`${name} (400 kbit/s, 300 ms)`, `${(ms / 1000).toFixed(2)} s, ${kib(visits[0]?.bytes ?? 0)}`, bar);
}
const { total } = await stage.api('/alerts/counts');
const { rows, drawn, frames } = await scroll();
const long = frames.filter((ms) => ms > LONG_MS).length;
row('alerts in the queue', total, '10,000');
row('rows passed by the wheel', rows, '');
row('rows in the document', drawn, '');
row('time between frames, median', `${quantile(frames, 0.5).toFixed(1)} ms`, '16.7 ms');
row('the same, 99 of 100', `${quantile(frames, 0.99).toFixed(1)} ms`, '');
row(`frames beyond ${LONG_MS} ms`, `${long} of ${frames.length}`, '');
await stage.close();
