// Imports a million indicators into a running stack and tells how long each step takes.
//
//   PROHORI_URL=http://127.0.0.1:8088 PROHORI_TOKEN=... PROHORI_DETECTOR=127.0.0.1:19604 node e2e/million.mjs
//
// PROHORI_TOKEN is a one-time sign-in, PROHORI_DETECTOR where the detector serves /metrics.

const { PROHORI_URL: url = '', PROHORI_TOKEN: token, PROHORI_DETECTOR: detector } = process.env;
const COUNT = 1_000_000;
/** What of the set must be in force: all but what the demo adds. */
const MOST = COUNT - 1;
let cookie = '';

/** @param {string} method @param {string} path @param {object | Blob} [body] */
async function call(method, path, body) {
  const begun = Date.now();
  const file = body instanceof Blob;
  const sent = body === undefined ? {} : { body: file ? body : JSON.stringify(body) };
  const answer = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      'content-type': file ? 'application/octet-stream' : 'application/json',
      'x-prohori-request': '1',
      origin: url,
      cookie,
    },
    ...sent,
  });
  const set = answer.headers.getSetCookie()[0];
  if (set) cookie = set.split(';')[0] ?? '';
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return { ms: Date.now() - begun, json: JSON.parse(text) };
}

/** @param {string} what @param {number} ms @param {unknown} [more] */
function tell(what, ms, more = '') {
  process.stdout.write(`${what.padEnd(44)} ${String(ms).padStart(7)} ms  ${more}\n`);
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function file() {
  const lines = ['value,confidence,label'];
  for (let i = 0; i < COUNT; i += 1) {
    const [a, b, c] = [(i >> 16) & 255, (i >> 8) & 255, i & 255];
    lines.push(i % 3 === 0 ? `${20 + (i % 100)}.${a}.${b}.${c},80,Scanner` : `h${i}.c2.example,70,Loader`);
  }
  return new Blob([lines.join('\n')]);
}

await call('POST', '/session', { token });
const feed = await call('POST', '/indicator-feeds', {
  agency: '*',
  name: 'Million',
  origin: { kind: 'kept' },
});
const to = `/indicator-feeds/${feed.json.id}/import`;
const content = file();
tell('looked at', (await call('POST', `${to}?dry_run=true`, content)).ms, `${content.size} bytes`);
const begun = Date.now();
const taken = await call('POST', to, content);
tell('imported', taken.ms, `${taken.json.added} added`);
const looks = [];
for (;;) {
  looks.push((await call('GET', '/indicators?value=a.h5.c2.example')).ms);
  const { published } = (await call('GET', '/indicator-feeds')).json;
  if (published?.indicators >= MOST) break;
  await pause(200);
}
tell('published, since the import began', Date.now() - begun);
for (;;) {
  const text = await (await fetch(`http://${detector}/metrics`)).text();
  if (Number(/^prohori_detector_indicators (\d+)/m.exec(text)?.[1]) >= MOST) break;
  await pause(200);
}
tell('in force in the detector, since then', Date.now() - begun);
looks.sort((a, b) => a - b);
tell('a look-up meanwhile, median', looks[looks.length >> 1] ?? 0, `at most ${looks.at(-1)} ms`);
tell('imported again, in place of itself', (await call('POST', `${to}?replace=true`, content)).ms);
tell('the newest 500', (await call('GET', '/indicators?limit=500')).ms);
tell('the feeds with their counts', (await call('GET', '/indicator-feeds')).ms);
