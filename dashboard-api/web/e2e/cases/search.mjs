// The search: by time and text, opened in place, narrowed by values.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, equal } from '../stage.mjs';

const HOUR_MS = 3_600_000;

/** An event's own time and host, so that the search is bound to find it. @param {import('../stage.mjs').Stage} stage */
async function someAlert(stage) {
  const { items } = await stage.api('/alerts?limit=50');
  return items.find((/** @type {any} */ alert) => alert.user || alert.src_ip) ?? items[0];
}

/** @param {number} ms */
const iso = (ms) => new Date(ms).toISOString();

/** @param {any} alert @param {string} [more] */
function around(alert, more = '') {
  const range = `from=${encodeURIComponent(iso(alert.time - HOUR_MS))}&to=${encodeURIComponent(iso(alert.time + HOUR_MS))}`;
  return `/search?${range}${more}`;
}

/** @type {import('../stage.mjs').Case[]} */
export const searchCases = [
  {
    name: 'fields become columns, by a click and by name, and the address keeps them',
    async run(stage) {
      const { page } = stage;
      const alert = await someAlert(stage);
      await stage.go(around(alert));
      await page.locator('.result-line').first().waitFor();
      await page.getByRole('button', { name: 'Show user as a column' }).click();
      await page.waitForURL(/columns=user/);
      await page.getByLabel('Add a column').fill('src_endpoint.ip');
      await page.keyboard.press('Enter');
      await page.waitForURL(/columns=user,src_endpoint.ip/);
      await page.locator('.results:not([data-stale]) .result-names').waitFor();
      const query = `from=${alert.time - HOUR_MS}&to=${alert.time + HOUR_MS}&columns=user,src_endpoint.ip`;
      const { items } = await stage.api(`/events?${query}&limit=20`);
      const at = items.findIndex((/** @type {any} */ item) => item.cells.every(Boolean));
      if (at >= 0) {
        const text = await page.locator(`[data-result="${at}"]`).innerText();
        for (const cell of items[at].cells) check(text.includes(cell), `row ${at} lacks ${cell}: ${text}`);
      }
      await page.getByRole('button', { name: 'Remove column src_endpoint.ip' }).click();
      await page.waitForURL((url) => url.searchParams.get('columns') === 'user');
      await page.getByLabel('Add a column').fill('hots');
      await page.keyboard.press('Enter');
      await page.getByText('The search failed').waitFor();
    },
  },
  {
    name: 'events are watched as they arrive, and wait while one reads',
    async run(stage) {
      const folder = process.env.PROHORI_IN;
      if (!folder) return;
      const { page } = stage;
      const word = `padma${Date.now()}`;
      const write = (/** @type {number} */ number) =>
        appendFileSync(
          join(folder, 'tail.log'),
          `<38>1 ${new Date().toISOString()} web-07 app 1 - - ${word} ${number}\n`,
        );
      await stage.go(`/search?q=${word}`);
      await page.getByText('No events match').waitFor();
      await page.keyboard.press('KeyT');
      await page.waitForURL(/live=yes/);
      await page.getByText('Watching: events show as they arrive.').waitFor();
      write(1);
      await page
        .locator('.result-line')
        .filter({ hasText: `${word} 1` })
        .waitFor();
      await page.locator('.result-line').first().click();
      await page.locator('.result-open').waitFor();
      write(2);
      await page.getByRole('button', { name: '1 new event' }).waitFor();
      equal(await page.locator('.result-line').count(), 1, 'rows while one reads');
      await page.getByRole('button', { name: '1 new event' }).click();
      await page
        .locator('.result-line')
        .filter({ hasText: `${word} 2` })
        .waitFor();
      await page.getByRole('button', { name: 'Stop watching' }).click();
      await page.waitForURL((url) => !url.search.includes('live'));
    },
  },
  {
    name: 'a time range and a text find the events the API finds, bars and rows agree',
    async run(stage) {
      const { page } = stage;
      const alert = await someAlert(stage);
      const word = alert.src_ip ?? alert.user ?? alert.host;
      await stage.go(around(alert));
      await page.locator('.result-line').first().waitFor();
      await page.keyboard.press('Slash');
      await page.keyboard.type(word);
      await page.keyboard.press('Enter');
      await page.waitForURL((url) => url.searchParams.get('q') === word);
      await page.locator('.results:not([data-stale]) .result-line').first().waitFor();
      const query = `from=${alert.time - HOUR_MS}&to=${alert.time + HOUR_MS}&q=${encodeURIComponent(word)}`;
      const { items } = await stage.api(`/events?${query}&limit=100`);
      const shown = page.locator('.results-more');
      check(
        (await shown.innerText()).startsWith(`${items.length} event`),
        `${await shown.innerText()} of ${items.length}`,
      );
      const bars = await stage.api(`/events/histogram?${query}&buckets=60`);
      const total = bars.items.reduce(
        (/** @type {number} */ sum, /** @type {any} */ bar) => sum + bar.count,
        0,
      );
      const head = page.locator('.histogram-head h2');
      await head.filter({ hasText: `${total.toLocaleString('en')} event` }).waitFor();
    },
  },
  {
    name: 'the bars have a table twin, one key away',
    async run(stage) {
      const { page } = stage;
      await stage.go(around(await someAlert(stage)));
      await page.locator('.histogram-room canvas').waitFor();
      await page.keyboard.press('KeyV');
      await page.locator('.histogram-table table').waitFor();
      check((await page.locator('.histogram-table tbody tr').count()) > 0, 'the table is empty');
      await page.keyboard.press('KeyV');
      await page.locator('.histogram-room canvas').waitFor();
    },
  },
  {
    name: 'an event opens in place with its raw log and its tree, by keys',
    async run(stage) {
      const { page } = stage;
      const alert = await someAlert(stage);
      await stage.go(around(alert, `&host=${encodeURIComponent(alert.host)}`));
      await page.locator('.result-line').first().focus();
      await page.keyboard.press('Enter');
      await page.locator('.result-open .raw').waitFor();
      const text = await page.locator('.result-open .raw').textContent();
      check(text && text.length > 0, 'the raw log is empty');
      const hostname = page.locator('.result-open .tree-line', { hasText: 'hostname' }).first();
      await hostname.focus();
      await page.keyboard.press('KeyF');
      await page.waitForURL((url) => url.searchParams.get('host') === alert.host);
    },
  },
  {
    name: 'a value is filtered out of the search from the alert’s event',
    async run(stage) {
      const { page } = stage;
      const alert = await someAlert(stage);
      await stage.alert(alert.id);
      const line = page.locator('.tree-line', { hasText: 'hostname' }).first();
      await line.focus();
      await page.keyboard.press('Shift+KeyF');
      await page.waitForURL(
        (url) => url.pathname === '/search' && (url.searchParams.get('q') ?? '').startsWith('-'),
      );
      // Either something else is found, or nothing: never the host that was left out.
      await page.locator('.result-line, .empty').first().waitFor();
      const rows = await page.locator('.result-line').allInnerTexts();
      check(!rows.some((row) => row.includes(alert.host)), `found what was left out: ${rows[0]}`);
    },
  },
  {
    name: 'an exact range is typed, also in Bangla digits, and nonsense is refused',
    async run(stage) {
      const { page } = stage;
      await stage.go('/search');
      await page.getByRole('button', { name: /^Time/ }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('From').fill('soon');
      await dialog.getByRole('button', { name: 'Apply' }).click();
      await dialog.getByText('not a time that can be read').waitFor();
      await dialog.getByLabel('From').fill('২০২৬-০১-০২ ০৩:০৪');
      await dialog.getByLabel('To').fill('2026-01-02 04:00');
      await dialog.getByRole('button', { name: 'Apply' }).click();
      await page.waitForURL((url) => url.searchParams.get('from') === '2026-01-02 03:04:00');
      await page.locator('.result-line, .empty').first().waitFor();
    },
  },
  {
    name: 'more is loaded only when asked for, without doubles',
    async run(stage) {
      const { page } = stage;
      await stage.go('/search?from=-30d');
      await page.locator('.result-line, .empty').first().waitFor();
      const more = page.getByRole('button', { name: 'Load more' });
      if ((await more.count()) === 0) return;
      await more.click();
      await page.locator('.results-more', { hasText: /1\d\d events shown|200 events shown/ }).waitFor();
      const uids = await page
        .locator('.result')
        .evaluateAll((all) => all.map((each) => each.getAttribute('data-index')));
      equal(new Set(uids).size, uids.length, 'rows');
    },
  },
  {
    name: 'commands make a table whose values lead to their events',
    async run(stage) {
      const { page } = stage;
      const alert = await someAlert(stage);
      await stage.go(around(alert, `&q=${encodeURIComponent('| count by source')}`));
      await page.locator('.made tbody tr').first().waitFor();
      const query = `from=${alert.time - HOUR_MS}&to=${alert.time + HOUR_MS}&q=${encodeURIComponent('| count by source')}`;
      const { rows } = await stage.api(`/events/table?${query}`);
      equal(await page.locator('.made tbody tr').count(), rows.length, 'rows');
      const [source, count] = rows[0];
      await page.locator('.made tbody a').first().click();
      await page.waitForURL((url) => url.searchParams.get('q') === `source=${source}`);
      const head = page.locator('.histogram-head h2');
      await head.filter({ hasText: `${Number(count).toLocaleString('en')} event` }).waitFor();
      await page.locator('.results:not([data-stale]) .result-line').first().waitFor();
    },
  },
  {
    name: 'what a search means is said as it is typed, and where it is wrong',
    async run(stage) {
      const { page } = stage;
      await stage.go('/search');
      await page.locator('.result-line, .empty').first().waitFor();
      await page.keyboard.press('Slash');
      await page.keyboard.type('user:root -cron');
      const meaning = page.locator('.search-form [role=status]');
      await meaning.filter({ hasText: 'root' }).filter({ hasText: 'in this time' }).waitFor();
      await page.keyboard.type(' hots:x');
      await meaning.filter({ hasText: 'is no field. Did you mean host? (character 17)' }).waitFor();
    },
  },
  {
    name: 'the box says how a search goes on, and the values of a field narrow it',
    async run(stage) {
      const { page } = stage;
      await stage.go('/search?from=-30d');
      const box = page.getByRole('search').getByRole('combobox');
      await box.fill('sour');
      await page.getByRole('option', { name: /source:/ }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      check((await box.inputValue()).startsWith('sour'), 'the field was taken');
      await box.fill('');
      await page.keyboard.press('Escape');
      await page.locator('.fields-name', { hasText: 'source' }).click();
      const first = page.locator('.fields-values li').first();
      await first.waitFor();
      const value = await first.locator('.fields-value').innerText();
      await first.getByRole('button', { name: `Only ${value}` }).click();
      await page.waitForURL((url) => url.search.includes('source'));
    },
  },
  {
    name: 'a search is kept under a name, run again, and deleted',
    async run(stage) {
      const { page } = stage;
      await stage.go('/search?from=-30d&q=sshd');
      await page.getByRole('button', { name: 'Keep this search' }).click();
      await page.getByRole('dialog').getByLabel('Name').fill('Logins of the night');
      await page.getByRole('dialog').getByRole('button', { name: 'Keep this search' }).click();
      await stage.go('/search');
      await page.getByRole('button', { name: 'Logins of the night', exact: true }).click();
      await page.waitForURL((url) => url.searchParams.get('q') === 'sshd');
      const dialog = page.getByRole('dialog');
      const clock = page.getByRole('button', { name: 'Run “Logins of the night” by itself' });
      await clock.click();
      await dialog.getByRole('textbox', { name: 'From how many events' }).fill('১০');
      await dialog.getByRole('button', { name: 'Begin' }).click();
      await page.getByText('The search runs by itself').waitFor();
      const { items } = await stage.api('/schedules');
      equal(JSON.stringify([items[0].minutes, items[0].at_least]), '[60,10]', 'schedule');
      await clock.click();
      await dialog.getByText('next run').waitFor();
      await dialog.getByRole('button', { name: 'End', exact: true }).click();
      await page.getByText('does not run by itself any more').waitFor();
      await page.getByRole('button', { name: 'Delete search Logins of the night' }).click();
      await page
        .getByRole('button', { name: 'Logins of the night', exact: true })
        .waitFor({ state: 'detached' });
    },
  },
];
