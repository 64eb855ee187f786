// Users, their roles and second factor, API keys: looked after in the dashboard, and over at once.

import { createHmac } from 'node:crypto';
import { check, equal } from '../stage.mjs';

/** New with every run: names are never given twice. */
const NAME = `nadia-${Date.now()}`;
const KEY = `report of ${NAME}`;

/** @typedef {import('../stage.mjs').Stage} Stage */

/** The newcomer's browser, once it is open. @type {import('playwright-core').Page | null} */
let newcomer = null;

/** The code that an authenticator app shows (RFC 6238). @param {string} secret @param {number} ms */
function code(secret, ms) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const letter of secret) bits += alphabet.indexOf(letter).toString(2).padStart(5, '0');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(ms / 30_000)));
  const hash = createHmac('sha1', key).update(step).digest();
  const at = (hash[19] ?? 0) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** @param {Stage} stage */
async function openNewcomer(stage) {
  await stage.go('/governance');
  await stage.page.getByLabel('Find by name').fill(NAME);
  await stage.page.getByRole('button', { name: 'Nadia' }).click();
  await stage.page.getByRole('dialog').getByText(NAME).waitFor();
}

/** @type {import('../stage.mjs').Case[]} */
export const governanceCases = [
  {
    name: 'an administrator adds an analyst, who comes in by the link',
    async run(stage) {
      const { page } = stage;
      await stage.go('/governance');
      await page.getByRole('button', { name: 'Add a user' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('User name').fill(NAME);
      await dialog.getByLabel('Name to be shown').fill('Nadia');
      await dialog.getByRole('button', { name: 'English' }).click();
      await dialog.getByRole('button', { name: 'Choose a role' }).click();
      await page.getByRole('option', { name: 'Analyst', exact: true }).click();
      await dialog.getByRole('textbox', { name: 'Agency' }).fill('*');
      await dialog.getByRole('button', { name: 'Add role' }).click();
      await dialog.getByRole('button', { name: 'Add a user' }).click();
      const link = await dialog.locator('.one-time-text').innerText();
      check(link.startsWith(stage.url), `the link is ${link}`);
      await dialog.getByRole('button', { name: 'I have kept it' }).click();
      const context = await stage.browser.newContext({ locale: 'en-GB' });
      newcomer = await context.newPage();
      await newcomer.goto(link);
      await newcomer.locator('[role=row][data-index="0"]').waitFor();
      const bar = await newcomer.locator('nav').first().innerText();
      check(!bar.includes('Governance'), `an analyst sees ${bar}`);
    },
  },
  {
    name: 'a second factor is taken up, and asked for from then on',
    async run(stage) {
      const page = newcomer;
      if (!page) throw new Error('the newcomer is not there');
      await page.goto(`${stage.url}/governance?part=sessions`);
      await page.getByRole('button', { name: 'Set up an app' }).click();
      await page.getByRole('img', { name: /QR code/ }).waitFor();
      const secret = await page.locator('.second-factor .code').innerText();
      const first = Date.now();
      await page.getByRole('textbox', { name: 'Code' }).fill('000000');
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.getByText('The code is not right').waitFor();
      await page.getByRole('textbox', { name: 'Code' }).fill(code(secret, first));
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.locator('.one-time-text li').first().waitFor();
      equal(await page.locator('.one-time-text li').count(), 10, 'recovery codes');
      const recovery = await page.locator('.one-time-text li').first().innerText();
      await page.getByRole('button', { name: 'I have kept it' }).click();
      await page.getByText('A code is asked for since').waitFor();
      // By the administrator's new link, with a recovery code: the app's next code is half a minute away.
      await openNewcomer(stage);
      const dialog = stage.page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Let in anew' }).click();
      await dialog.getByRole('button', { name: 'Let in anew' }).click();
      const link = await dialog.locator('.one-time-text').innerText();
      await page.goto('about:blank');
      await page.goto(link);
      await page.getByRole('textbox', { name: 'Code' }).fill(recovery);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.locator('[role=row][data-index="0"]').waitFor();
    },
  },
  {
    name: 'what is kept for longer holds at once, what keeps less waits for somebody else',
    async run(stage) {
      const { page } = stage;
      const { items } = await stage.api('/retention-policies');
      await stage.go('/governance?part=retention');
      if (items.length === 0) {
        await page.getByText('There are no policies: everything is kept for ever.').waitFor();
        await page.getByRole('button', { name: 'Add a policy' }).click();
      } else {
        await page.getByRole('button', { name: 'Change' }).first().click();
      }
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Days', { exact: true }).fill('৬');
      await dialog.getByText('At least 7 days, as a number.').waitFor();
      await dialog.getByRole('button', { name: 'M-26-14' }).click();
      await dialog.getByLabel('Reason').fill('Decision 7 of the council');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Asked for: it holds once somebody else approves it').waitFor();
      await page.getByText('548 days').waitFor();
      await page.getByText('Somebody else must approve it.').waitFor();
      await page.getByRole('button', { name: 'Drop' }).click();
      await page.getByText('548 days').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Change' }).first().click();
      await dialog.getByText('Legal hold').click();
      await dialog.getByLabel('Reason').fill('Case 12 in court');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByText('held: nothing is deleted').waitFor();
    },
  },
  {
    name: 'an API key made in the dashboard works until it is ended',
    async run(stage) {
      const { page } = stage;
      await stage.go('/governance?part=keys');
      await page.getByRole('button', { name: 'New API key' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('What for').fill(KEY);
      await dialog.getByRole('button', { name: /^May/ }).click();
      await page.getByRole('menuitemcheckbox', { name: 'Read alerts' }).click();
      await page.keyboard.press('Escape');
      await dialog.getByRole('button', { name: 'Make key' }).click();
      const secret = await dialog.locator('.one-time-text').innerText();
      const ask = (/** @type {string} */ path) =>
        fetch(`${stage.url}/api/v1${path}`, { headers: { authorization: `Bearer ${secret}` } });
      equal((await ask('/alerts?limit=1')).status, 200, 'what the key may');
      equal((await ask('/ledger')).status, 403, 'what it may not');
      await dialog.getByRole('button', { name: 'I have kept it' }).click();
      await page.getByRole('button', { name: KEY }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'End this key' }).click();
      await page.getByText('Ended').first().waitFor();
      equal((await ask('/alerts?limit=1')).status, 401, 'an ended key');
    },
  },
  {
    name: 'a channel is refused in words where the service has no such way out',
    async run(stage) {
      const { page } = stage;
      await stage.go('/governance?part=notifications');
      await page.getByText('Nobody is told yet.').waitFor();
      await page.getByRole('button', { name: 'Add a channel' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill('The duty officer');
      await dialog.getByLabel('URL').fill('https://chat.example/hook');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.getByText('This URL is not let through').waitFor();
      await dialog.getByRole('button', { name: 'Webhook' }).click();
      await page.getByRole('option', { name: 'E-mail', exact: true }).click();
      await dialog.getByLabel('Addresses').fill('duty');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.getByText('one of them is none').waitFor();
      await dialog.getByLabel('Addresses').fill('duty@example.gov.bd');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.getByText('The service has no way out of this kind').waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      equal((await stage.api('/notification-channels')).items.length, 0, 'channels');
    },
  },
  {
    name: 'who is disabled is out at once',
    async run(stage) {
      await openNewcomer(stage);
      const dialog = stage.page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Disable' }).click();
      await dialog.getByRole('button', { name: 'Disable' }).click();
      await dialog.getByRole('button', { name: 'Enable' }).waitFor();
      if (!newcomer) throw new Error('the newcomer is not there');
      await newcomer.reload();
      await newcomer.locator('.login-card').waitFor();
      await newcomer.context().close();
    },
  },
];
