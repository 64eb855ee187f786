// One alert: evidence, actions by keyboard, two analysts at once, no connection.

import { check, equal } from '../stage.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** The state as it stands in the alert's head. @param {Page} page @param {string} words */
const stands = (page, words) => page.locator('.actions-now .state', { hasText: words }).waitFor();

/** @type {import('../stage.mjs').Case[]} */
export const alertCases = [
  {
    name: 'Enter opens an alert with its evidence beside the queue, Escape goes back',
    async run(stage) {
      const { page } = stage;
      await stage.queue('?state=any');
      await page.keyboard.press('KeyJ');
      await page.keyboard.press('Enter');
      await page.locator('.pane-body').waitFor();
      const id = decodeURIComponent(/\/alerts\/([^?]+)/.exec(page.url())?.[1] ?? '');
      const alert = await stage.api(`/alerts/${id}`);
      equal(await page.evaluate('document.activeElement.className'), 'pane-title', 'the focus');
      equal(await page.locator('.pane-title').innerText(), alert.title, 'title');
      equal(await page.locator('.summary-first').innerText(), alert.summary.en, 'sentence in English');
      equal(await page.locator('.summary-second').innerText(), alert.summary.bn, 'sentence in Bangla');
      equal(
        await page.locator('.summary-second').getAttribute('lang'),
        'bn',
        'language of the second sentence',
      );
      equal(await page.locator('.raw').first().textContent(), alert.raw[0], 'raw log');
      check(await page.locator('.grid').isVisible(), 'the queue is gone');
      await page.keyboard.press('Escape');
      await page.locator('.pane').waitFor({ state: 'detached' });
      await page.waitForFunction('document.activeElement.dataset.index === "1"');
    },
  },
  {
    name: 'every clause that matched is shown with the value that met it, marked',
    async run(stage) {
      const { page } = stage;
      const { items } = await stage.api('/alerts?limit=50');
      let seen = 0;
      for (const { id } of items.slice(0, 8)) {
        const { matched } = await stage.api(`/alerts/${id}`);
        if (matched.length === 0) continue;
        seen += 1;
        await stage.alert(id);
        equal(await page.locator('.why tbody tr').count(), matched.length, 'clauses');
        for (const [index, clause] of matched.entries()) {
          const row = page.locator('.why tbody tr').nth(index);
          equal(await row.locator('td').nth(1).textContent(), clause.value, 'value');
          check((await row.locator('mark').count()) > 0 || clause.value === '', 'nothing is marked');
          check(
            (await row.innerText()).includes(clause.pattern),
            `the pattern ${clause.pattern} is not shown`,
          );
        }
      }
      check(seen > 0, 'no alert says which clause matched');
    },
  },
  {
    name: 'the raw log is copied to the letter',
    async run(stage) {
      const { page } = stage;
      const { items } = await stage.api('/alerts?limit=1');
      const { raw } = await stage.api(`/alerts/${items[0].id}`);
      await stage.alert(items[0].id);
      await page.locator('.raw-box').first().getByRole('button', { name: 'Copy' }).click();
      await page.getByText('Copied').waitFor();
      equal(await page.evaluate('navigator.clipboard.readText()'), raw[0], 'clipboard');
    },
  },
  {
    name: 'acknowledge, undo, acknowledge: by keys alone',
    async run(stage) {
      const { page } = stage;
      const [alert] = await stage.newAlerts(1);
      await stage.alert(alert.id);
      await page.keyboard.press('KeyS');
      await page.getByRole('dialog').getByRole('option', { name: 'Acknowledge' }).waitFor();
      await page.keyboard.press('Enter');
      await stands(page, 'Acknowledged');
      await page.keyboard.press('KeyU');
      await stands(page, 'New');
      equal((await stage.api(`/alerts/${alert.id}`)).state, 'new', 'state after undo');
      await page.getByRole('button', { name: 'Acknowledge' }).click();
      await stands(page, 'Acknowledged');
      await page.keyboard.press('KeyA');
      await page.locator('.actions-who', { hasText: 'you' }).waitFor();
      const after = await stage.api(`/alerts/${alert.id}`);
      equal(after.state, 'acknowledged', 'state');
      check(after.assignee, 'nobody is assigned');
    },
  },
  {
    name: 'closing asks for a verdict and a reason, and the history keeps both',
    async run(stage) {
      const { page } = stage;
      const [alert] = await stage.newAlerts(1);
      await stage.alert(alert.id);
      await page.keyboard.press('Digit2');
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      check(
        await dialog.getByRole('radio', { name: /False positive/ }).isChecked(),
        'the verdict of the key is not chosen',
      );
      await page.keyboard.press('Control+Enter');
      await dialog.getByText('Write a reason.').waitFor();
      equal((await stage.api(`/alerts/${alert.id}`)).state, 'new', 'state while the reason is missing');
      await page.keyboard.type('A scan that the agency had asked for');
      await page.keyboard.press('Control+Enter');
      await stands(page, 'Closed');
      const after = await stage.api(`/alerts/${alert.id}`);
      equal(after.state, 'closed', 'state');
      equal(after.verdict, 'false_positive', 'verdict');
      const history = page.locator('.history');
      await history.getByText('closed it: False positive').waitFor();
      await history.getByText('A scan that the agency had asked for').waitFor();
    },
  },
  {
    name: 'a comment is kept in the history, in any script',
    async run(stage) {
      const { page } = stage;
      const [alert] = await stage.newAlerts(1);
      await stage.alert(alert.id);
      await page.keyboard.press('KeyC');
      await page.keyboard.type('সংস্থাকে ফোনে জানানো হয়েছে <b>not markup</b>');
      await page.getByRole('button', { name: 'Add comment' }).click();
      await page
        .locator('.history-comment', { hasText: 'সংস্থাকে ফোনে জানানো হয়েছে <b>not markup</b>' })
        .waitFor();
    },
  },
  {
    name: 'two analysts on one alert: both sides are shown, the first stands',
    async run(stage) {
      const { page } = stage;
      const [alert] = await stage.newAlerts(1);
      await stage.alert(alert.id);
      await page.keyboard.press('Digit2');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.type('My own reason');
      await stage.signedIn().change(alert.id, alert.version, {
        state: 'closed',
        verdict: 'true_positive',
        reason: 'Confirmed by phone',
      });
      await page.keyboard.press('Control+Enter');
      const box = page.locator('.conflict');
      await box.waitFor();
      const text = await box.innerText();
      for (const part of [
        'Closed',
        'True positive',
        'Confirmed by phone',
        'False positive',
        'My own reason',
        'not saved',
      ]) {
        check(text.includes(part), `the conflict does not show "${part}": ${text}`);
      }
      await box.getByRole('button', { name: 'Keep theirs' }).click();
      await box.waitFor({ state: 'detached' });
      equal((await stage.api(`/alerts/${alert.id}`)).verdict, 'true_positive', 'verdict');
    },
  },
  {
    name: 'after a conflict one’s own change can still be made',
    async run(stage) {
      const { page } = stage;
      const [alert] = await stage.newAlerts(1);
      await stage.alert(alert.id);
      await page.keyboard.press('Digit3');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.type('Maintenance, see the calendar');
      await stage.signedIn().change(alert.id, alert.version, { state: 'in_progress' });
      await page.keyboard.press('Control+Enter');
      await page.getByRole('button', { name: 'Make my change anyway' }).click();
      await stands(page, 'Closed');
      const after = await stage.api(`/alerts/${alert.id}`);
      equal(after.verdict, 'benign', 'verdict');
      equal(await page.locator('.conflict').count(), 0, 'conflicts left');
    },
  },
  {
    name: 'several alerts are changed at once',
    async run(stage) {
      const { page } = stage;
      await stage.newAlerts(2);
      await stage.queue('?state=new');
      const ids = [];
      for (const index of [0, 1]) {
        await page.locator(`[role=row][data-index="${index}"]`).focus();
        await page.keyboard.press('KeyX');
        ids.push(await page.locator(`[role=row][data-index="${index}"] .cell-title`).innerText());
      }
      await page.getByText('2 selected').waitFor();
      await page.locator('.bulk').getByRole('button', { name: 'Acknowledge' }).click();
      await page.getByText('2 alerts acknowledged').waitFor();
      // They stay where they are, with what they have become, until the list is renewed.
      for (const index of [0, 1]) {
        await page.locator(`[role=row][data-index="${index}"]`, { hasText: 'Acknowledged' }).waitFor();
      }
    },
  },
  {
    name: 'without a connection a change waits, says so, and is sent when it is back',
    async run(stage) {
      const { page } = stage;
      const [alert] = await stage.newAlerts(1);
      await stage.alert(alert.id);
      await stage.context.setOffline(true);
      try {
        await page.getByText('No connection.').waitFor();
        await page.getByRole('button', { name: 'Start work' }).click();
        await page.getByText('One change waits').waitFor();
        equal(await page.locator('.actions-now .state').innerText(), 'New', 'state while offline');
      } finally {
        await stage.context.setOffline(false);
      }
      await stands(page, 'In progress');
      equal((await stage.api(`/alerts/${alert.id}`)).state, 'in_progress', 'state');
    },
  },
  {
    name: 'an alert that does not exist is told plainly, with a trace number',
    async run(stage) {
      await stage.go(`/alerts/${'0'.repeat(32)}`);
      const fault = stage.page.locator('.pane .fault');
      await fault.waitFor();
      const text = await fault.innerText();
      check(text.includes('does not exist') && /[0-9a-f]{8}/.test(text), text);
    },
  },
];
