// Prints what a first visit downloads, and fails when the shell or a route is over its budget.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Shell: everything `index.html` asks for, with one catalogue. Fonts come after first paint and are listed apart. */
const SHELL_BYTES_MAX = 150 * 1024;
const ROUTE_BYTES_MAX = 60 * 1024;

const dist = new URL('../dist/', import.meta.url).pathname;
/** A page that is fetched early is a route all the same. */
const html = readFileSync(join(dist, 'index.html'), 'utf8').replaceAll(/<link[^>]*data-route[^>]*>/g, '');
const brotli = (/** @type {string} */ path) => statSync(join(dist, `${path}.br`)).size;
const kib = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(1)} KiB`;

const linked = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(
  (match) => /** @type {string} */ (match[1]),
);
const assets = readdirSync(join(dist, 'assets')).map((name) => `assets/${name}`);
const scripts = assets.filter((path) => path.endsWith('.js') && !linked.includes(path));
const isMessages = (/** @type {string} */ path) => /assets\/(en|bn)-/.test(path);
const largestCatalogue = Math.max(...scripts.filter(isMessages).map(brotli));

let failed = false;
const shell = [...new Set(['index.html', ...linked])];
const shellBytes = shell.reduce((sum, path) => sum + brotli(path), largestCatalogue);
failed ||= shellBytes > SHELL_BYTES_MAX;
process.stdout.write(`shell ${kib(shellBytes)} brotli, of at most ${kib(SHELL_BYTES_MAX)}\n`);
for (const path of scripts.filter((path) => !isMessages(path))) {
  failed ||= brotli(path) > ROUTE_BYTES_MAX;
  process.stdout.write(`route ${path} ${kib(brotli(path))} brotli, of at most ${kib(ROUTE_BYTES_MAX)}\n`);
}
for (const path of assets.filter((path) => path.endsWith('.woff2'))) {
  process.stdout.write(
    `font  ${path} ${kib(statSync(join(dist, path)).size)}, when its letters are on the page\n`,
  );
}
if (failed) {
  process.stderr.write('over budget: split the route or drop the dependency that grew\n');
  process.exitCode = 1;
}
