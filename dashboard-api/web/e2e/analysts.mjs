// Two hundred analysts at work on a running stack while events arrive: how long they wait, and what fails.
//
//   PROHORI_URL=http://127.0.0.1:8088 PROHORI_TOKEN=... PROHORI_IN=DATA/in/demo node e2e/analysts.mjs [lines a second]
//
// Each has a session and the stream of news, looks at the queue and its counts every ten seconds, opens an alert every
// thirty and searches every sixty, for two minutes. PROHORI_IN is a folder that the stack's collector tails.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

const { PROHORI_URL: url = '', PROHORI_TOKEN: token, PROHORI_IN: tailed = '' } = process.env;
const RATE = Number(process.argv[2] ?? 5_000);
const ANALYSTS = 200;
const SECONDS = 120;
const HOUR_MS = 3_600_000;

/** @type {Map<string, number[]>} */
const waits = new Map();
/** @type {Map<string, number>} */
const failed = new Map();

/** @param {string} cookie @param {string} method @param {string} path @param {object} [body] */
async function call(cookie, method, path, body) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return fetch(`${url}/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-prohori-request': '1', origin: url, cookie },
    ...sent,
  });
}

/** @param {string} secret */
async function signIn(secret) {
  const answer = await call('', 'POST', '/session', { token: secret });
  if (!answer.ok) throw new Error(`signing in answered ${answer.status}`);
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

/** Asks, and counts how long it took. @param {string} what @param {string} cookie @param {string} path */
async function ask(what, cookie, path) {
  const begun = performance.now();
  try {
    const answer = await call(cookie, 'GET', path);
    const json = await answer.json();
    if (!answer.ok) throw new Error(`${what}: ${answer.status} ${json.code}`);
    waits.set(what, [...(waits.get(what) ?? []), performance.now() - begun]);
    return json;
  } catch (error) {
    const why = String(error);
    failed.set(why, (failed.get(why) ?? 0) + 1);
    return null;
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const admin = await signIn(token ?? '');
const run = Date.now().toString(36);
const cookies = [];
for (let i = 0; i < ANALYSTS; i += 1) {
  const user = { name: `load-${run}-${i}`, display_name: 'Load', grants: [{ role: 'analyst', agency: '*' }] };
  const made = await (await call(admin, 'POST', '/users', user)).json();
  cookies.push(await signIn(made.login_token));
}

const end = Date.now() + SECONDS * 1_000;
const streams = new AbortController();
let news = 0;

/** @param {string} cookie */
async function listen(cookie) {
  const answer = await fetch(`${url}/api/v1/alerts/stream`, { headers: { cookie }, signal: streams.signal });
  const reader = answer.body?.getReader();
  for (;;) {
    const piece = await reader?.read();
    if (!piece || piece.done) return;
    news += 1;
  }
}

/** @param {string} cookie */
async function work(cookie) {
  await pause(Math.random() * 10_000);
  listen(cookie).catch(() => {});
  // Nobody searches at the same moment as all others.
  for (let turn = Math.floor(Math.random() * 6); Date.now() < end; turn += 1) {
    const begun = Date.now();
    const queue = await ask('queue', cookie, '/alerts?limit=50&state=new,acknowledged,in_progress');
    await ask('counts', cookie, '/alerts/counts');
    const one = queue?.items[turn % 50];
    if (turn % 3 === 0 && one) await ask('alert', cookie, `/alerts/${one.id}`);
    if (turn % 6 === 0) {
      const now = Date.now();
      const range = `from=${now - HOUR_MS}&to=${now}`;
      await ask('search', cookie, `/events?${range}&q=Failed&limit=50`);
      await ask('histogram', cookie, `/events/histogram?${range}&q=Failed`);
    }
    await pause(Math.max(0, 10_000 - (Date.now() - begun)));
  }
}

async function feed() {
  let number = 0;
  const begun = Date.now();
  while (Date.now() < end) {
    const due = ((Date.now() - begun) / 1_000) * RATE;
    const lines = [];
    const time = new Date().toISOString().replace('Z', '+00:00');
    for (; number < due; number += 1) {
      const user = `user${number % 97}`;
      lines.push(
        `${time} web-${number % 31} sshd[${number % 9999}]: Failed password for ${user} from 198.51.100.${number % 250} port ${1024 + (number % 50000)} ssh2`,
      );
    }
    if (lines.length > 0) appendFileSync(join(tailed, 'load.log'), `${lines.join('\n')}\n`);
    await pause(100);
  }
  return number;
}

const [lines] = await Promise.all([feed(), ...cookies.map(work)]);
streams.abort();
process.stdout.write(`${ANALYSTS} analysts, ${SECONDS} s, ${lines} lines written, ${news} pieces of news\n`);
for (const [what, all] of waits) {
  all.sort((a, b) => a - b);
  const at = (/** @type {number} */ part) =>
    Math.round(all[Math.min(all.length - 1, Math.floor(all.length * part))] ?? 0);
  process.stdout.write(
    `${what.padEnd(10)} ${String(all.length).padStart(6)} asked, median ${at(0.5)} ms, 99 of 100 ${at(0.99)} ms, most ${at(1)} ms\n`,
  );
}
for (const [why, count] of failed) process.stdout.write(`failed ${count} times: ${why}\n`);
const ledger = await (await call(admin, 'GET', '/ledger')).json();
process.stdout.write(`ledger: ${JSON.stringify(ledger).slice(0, 400)}\n`);
process.exit(0);
