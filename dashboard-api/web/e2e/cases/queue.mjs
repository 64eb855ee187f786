// The queue: rows, filters, keys, what waits.

import { check, equal, until } from '../stage.mjs';

/** @param {import('playwright-core').Page} page */
const rows = (page) => page.locator('.grid-body [role=row]');

/** @type {import('../stage.mjs').Case[]} */
export const queueCases = [
  {
    name: 'the queue shows what the API says, newest first',
    async run(stage) {
      // On a stack that was just started alerts still arrive: the page is read once none did meanwhile.
      const first = async () => (await stage.api('/alerts?limit=5')).items;
      const items = await until('no alert arrives while the queue is opened', async () => {
        const before = await first();
        await stage.queue('?state=any');
        const after = await first();
        return JSON.stringify(before) === JSON.stringify(after) ? after : null;
      });
      for (const [index, alert] of items.entries()) {
        const row = stage.page.locator(`[role=row][data-index="${index}"]`);
        const text = await row.innerText();
        for (const part of [
          alert.title,
          alert.host,
          alert.agency,
          `×${alert.event_count.toLocaleString('en')}`,
        ]) {
          check(text.includes(part), `row ${index} lacks ${part}: ${text}`);
        }
        const word = ['', 'Info', 'Low', 'Medium', 'High', 'Critical', 'Critical'][Number(alert.severity_id)];
        check(text.includes(String(word)), `row ${index} lacks the severity ${word}`);
        equal(await row.locator('.severity svg path').count(), 1, 'shapes of severity');
        const title = await row.locator('.cell-age time').getAttribute('title');
        check(title?.endsWith('+06:00'), `the exact time lacks its offset: ${title}`);
      }
    },
  },
  {
    name: 'one row is in the tab order, and j and k walk',
    async run(stage) {
      const { page } = stage;
      await page.goto(`${stage.url}/alerts?state=any`);
      await rows(page).first().waitFor();
      equal(await page.locator('.grid-body [role=row][tabindex="0"]').count(), 1, 'rows in the tab order');
      await page.keyboard.press('KeyJ');
      equal(await page.evaluate('document.activeElement.dataset.index'), '1', 'row with the focus');
      await page.keyboard.press('KeyK');
      equal(await page.evaluate('document.activeElement.dataset.index'), '0', 'row with the focus');
      await page.keyboard.press('ArrowDown');
      equal(await page.evaluate('document.activeElement.dataset.index'), '1', 'row with the focus');
      await page.keyboard.press('Home');
      equal(await page.evaluate('document.activeElement.dataset.index'), '0', 'row with the focus');
    },
  },
  {
    name: 'filters stand in the address, and an address is a filter',
    async run(stage) {
      const { page } = stage;
      await stage.queue('?state=any');
      await page.getByRole('button', { name: /Severity/ }).click();
      await page.getByRole('option', { name: 'High and above' }).click();
      await page.waitForURL(/severity=4/);
      await page.locator('.grid:not([data-stale])').waitFor();
      const words = await page.locator('.grid-body .severity-word').allInnerTexts();
      check(
        words.every((word) => ['High', 'Critical'].includes(word)),
        `also shown: ${words.join(', ')}`,
      );
      const { items } = await stage.api('/alerts?limit=1');
      await stage.queue(`?state=any&host=${encodeURIComponent(items[0].host)}`);
      const hosts = await page.locator('.grid-body .cell-host').allInnerTexts();
      check(
        hosts.every((host) => host === items[0].host),
        `also shown: ${hosts.join(', ')}`,
      );
      await page.getByRole('button', { name: /Remove filter host/ }).click();
      await page.waitForURL((url) => !url.search.includes('host='));
    },
  },
  {
    name: 'nothing found says why and where the rest is',
    async run(stage) {
      const { page } = stage;
      await page.goto(`${stage.url}/alerts?q=there-is-no-such-text-anywhere`);
      await page.getByText('No alerts match').waitFor();
      await page.getByRole('button', { name: 'Show everything open' }).click();
      await page.waitForURL((url) => url.search === '');
    },
  },
  {
    name: 'a view is saved under a name, used, and removed',
    async run(stage) {
      const { page } = stage;
      await stage.queue('?state=any&severity=2');
      await page.getByRole('button', { name: 'Save view' }).click();
      await page.getByLabel('Name of the view').fill('Not only noise');
      await page.getByRole('dialog').getByRole('button', { name: 'Save view' }).click();
      await stage.queue();
      await page.getByRole('link', { name: 'Not only noise' }).click();
      await page.waitForURL(/severity=2/);
      await page.getByRole('button', { name: 'Remove view Not only noise' }).click();
      await page.getByRole('link', { name: 'Not only noise' }).waitFor({ state: 'detached' });
    },
  },
  {
    name: 'a row is narrowed by and left out by its values, and rows are grouped, with keys',
    async run(stage) {
      const { page } = stage;
      await stage.queue('?state=any');
      await page.keyboard.press('KeyG');
      await page.waitForURL(/grouped=yes/);
      await page.keyboard.press('KeyG');
      await page.waitForURL((url) => !url.search.includes('grouped'));
      await page.locator('.grid:not([data-stale]) [role=row][data-index="0"]').waitFor();
      const host = await page.locator('[role=row][data-index="0"] .cell-host').innerText();
      await page.keyboard.press('KeyF');
      await page.getByRole('dialog', { name: 'Only alerts with' }).waitFor();
      await page.getByRole('option', { name: host }).click();
      await page.waitForURL((url) => url.searchParams.get('host') === host);
      await page.locator('.grid:not([data-stale]) [role=row][data-index="0"]').waitFor();
      await stage.queue('?state=any');
      await page.keyboard.press('Shift+KeyF');
      await page.getByRole('dialog', { name: 'No alerts with' }).waitFor();
      await page.getByRole('option', { name: host }).click();
      await page.waitForURL((url) => url.searchParams.get('q') === `-${host}`);
      await page.locator('.grid:not([data-stale])').waitFor();
      const hosts = await page.locator('.grid-body .cell-host').allInnerTexts();
      check(!hosts.includes(host), `still there: ${hosts.join(', ')}`);
    },
  },
  {
    name: 'the SLA clock runs: a policy makes alerts late, and the view shows them',
    async run(stage) {
      const { page } = stage;
      await stage.go('/governance?part=sla');
      const all = page.getByRole('region', { name: 'Every agency without a policy of its own' });
      await all.waitFor();
      await page.getByRole('button', { name: 'Change' }).first().click();
      const dialog = page.getByRole('dialog');
      for (const field of await dialog.getByLabel('To acknowledge').all()) await field.fill('1x');
      await dialog.getByText('Write 15m, 4h or 3d.').first().waitFor();
      for (const field of await dialog.getByLabel('To acknowledge').all()) await field.fill('১m');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'detached' });
      await until('alerts are late', async () => (await stage.api('/alerts/counts')).over_sla > 0);
      await stage.queue();
      await page.getByRole('link', { name: 'Over SLA' }).click();
      await page.waitForURL(/late=yes/);
      await page.locator('.grid:not([data-stale]) .due[data-late]').first().waitFor();
      const { over_sla } = await stage.api('/alerts/counts');
      check(over_sla > 0, 'nothing is late');
      await stage.go('/governance?part=sla');
      await page.getByRole('button', { name: 'Change' }).first().click();
      await dialog.getByRole('button', { name: 'Take away' }).click();
      await dialog.waitFor({ state: 'detached' });
    },
  },
  {
    name: 'everything that the filter finds is changed at once, if it is as many as was said',
    async run(stage) {
      const { page } = stage;
      const [alert] = await stage.newAlerts(1);
      const query = `rule=${encodeURIComponent(alert.rule_id)}&state=new,acknowledged`;
      await stage.queue(`?${query}`);
      await page.keyboard.press('KeyX');
      const { total } = await stage.api(`/alerts/counts?${query}`);
      if (total > 1) {
        await page.getByRole('button', { name: `Take all ${total} that match` }).click();
        const bar = page.getByRole('group', { name: `All ${total} alerts that match` });
        await bar.getByRole('button', { name: 'Assign to me' }).click();
        await page
          .getByRole('dialog')
          .getByRole('button', { name: `Change ${total} alerts` })
          .click();
        await page.getByText(`${total} alerts changed`).waitFor();
        const { items } = await stage.api(`/alerts?${query}&limit=${total}`);
        const me = await stage.api('/me');
        check(
          items.every((/** @type {any} */ each) => each.assignee === me.user),
          'some were not assigned',
        );
      }
    },
  },
  {
    name: 'the ledger is in sight and says what the API says',
    async run(stage) {
      const { page } = stage;
      await stage.queue('?state=any');
      const verdict = page.locator('.ledger-verdict');
      await verdict.waitFor();
      const ledger = await stage.api('/ledger');
      equal(
        await verdict.innerText(),
        ledger.adds_up ? 'The counts add up' : 'The counts do not add up',
        'verdict',
      );
      check(
        /received .* = stored .* \+ dead letters/.test(await page.locator('.ledger-sum').innerText()),
        'no sum',
      );
    },
  },
  {
    name: 'the question mark lists every key of the page',
    async run(stage) {
      await stage.queue('?state=any');
      await stage.page.keyboard.press('Shift+Slash');
      const dialog = stage.page.getByRole('dialog', { name: 'Keys of this page' });
      await dialog.waitFor();
      for (const words of ['Next alert', 'Assign to me', 'Close as true positive', 'Undo']) {
        await dialog.getByText(words).first().waitFor();
      }
      await stage.page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    },
  },
  {
    name: '/lite shows the queue and an alert without scripts, in less than 30 KB',
    async run(stage) {
      const context = await stage.browser.newContext({ javaScriptEnabled: false });
      try {
        await context.addCookies(await stage.context.cookies());
        const page = await context.newPage();
        await page.goto(`${stage.url}/lite`);
        const style = await (await context.request.get(`${stage.url}/lite/style.css`)).body();
        const bytes = Buffer.byteLength(await page.content()) + style.length;
        check(bytes < 30_000, `${bytes} bytes`);
        await page.locator('ol a').first().click();
        await page.waitForURL(/\/lite\/alerts\//);
        await page.locator('pre').first().waitFor();
        const taken = page.locator('button[value=acknowledge]');
        if (await taken.count()) {
          await taken.click();
          await page.getByRole('status').waitFor();
        }
      } finally {
        await context.close();
      }
    },
  },
];
