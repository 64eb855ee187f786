// Signing in, staying in, and losing the session.

import { Analyst } from '../analyst.mjs';
import { check, equal, until } from '../stage.mjs';

/** Long enough for the server, and of this run only. */
const PASSWORD = process.env.PROHORI_PASSWORD ?? `padma-meghna-jamuna-${Date.now()}`;
const TOKEN = process.env.PROHORI_TOKEN;

/** @type {{ begin: import('../stage.mjs').Case[], end: import('../stage.mjs').Case[] }} */
export const sessionCases = {
  begin: [
    {
      name: 'without a session the sign-in is shown, in the language of choice',
      async run(stage) {
        const { page } = stage;
        await page.goto(`${stage.url}/alerts?severity=4`);
        await page.locator('.login-card').waitFor();
        await page.getByRole('button', { name: 'বাং', exact: true }).click();
        await page.getByRole('button', { name: 'লগ ইন করুন' }).waitFor();
        equal(await page.getAttribute('html', 'lang'), 'bn', 'language of the page');
        await page.getByRole('button', { name: 'EN', exact: true }).click();
        await page.getByRole('button', { name: 'Sign in' }).waitFor();
        equal(await page.getAttribute('html', 'lang'), 'en', 'language of the page');
      },
    },
    {
      name: 'a wrong password is refused in plain words',
      async run(stage) {
        const { page } = stage;
        await page.getByLabel('User name').fill('nobody');
        await page.getByLabel('Password').fill('not the password');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('alert').filter({ hasText: 'user name or the password is not right' }).waitFor();
      },
    },
    {
      name: 'the one-time token signs in and leaves the address bar',
      async run(stage) {
        const { page } = stage;
        if (TOKEN) {
          // A change of the fragment alone would not load the page anew.
          await page.goto('about:blank');
          await page.goto(`${stage.url}/#token=${TOKEN}`);
        } else {
          await page.getByLabel('User name').fill(process.env.PROHORI_USER ?? '');
          await page.getByLabel('Password').fill(PASSWORD);
          await page.getByRole('button', { name: 'Sign in' }).click();
        }
        await page.locator('[role=row][data-index="0"]').waitFor();
        check(!page.url().includes('token'), `the token is still in the address: ${page.url()}`);
      },
    },
    {
      name: 'a password is set, and another desk signs in with it',
      async run(stage) {
        const { page } = stage;
        await stage.queue('?state=any');
        const me = await stage.api('/me');
        if (TOKEN && !me.has_password) {
          await page.locator('.person').click();
          await page.getByRole('button', { name: 'Set a password' }).click();
          const field = page.getByLabel('New password');
          await field.fill('short');
          await page.getByRole('button', { name: 'Save password' }).click();
          await page.getByText('Use at least 12 characters').waitFor();
          await field.fill(PASSWORD);
          await page.getByRole('button', { name: 'Save password' }).click();
          await page.getByText('Password saved').waitFor();
          equal((await stage.api('/me')).has_password, true, 'has_password');
        }
        stage.other = await Analyst.signIn(stage.url, me.user, PASSWORD);
      },
    },
  ],
  end: [
    {
      name: 'the audit log says who did what, and leads to more of the same',
      async run(stage) {
        const { page } = stage;
        await stage.go('/audit?action=session.begin');
        const rows = page.locator('.audit-rows tbody tr');
        await rows.first().waitFor();
        check((await rows.first().innerText()).includes('Signed in'), await rows.first().innerText());
        await rows.first().locator('td:nth-child(2) a').click();
        await page.waitForURL((url) => url.searchParams.has('actor') && url.searchParams.has('action'));
        await rows.first().waitFor();
      },
    },
    {
      name: 'the audit log is checked, and against a checkpoint that was kept elsewhere',
      async run(stage) {
        const { page } = stage;
        await stage.go('/audit');
        await page.locator('.audit-rows tbody tr').first().waitFor();
        const { note } = await until('the log is sealed', () => stage.api('/audit/checkpoint'));
        await page.getByText('Check the log', { exact: true }).click();
        const kept = page.getByLabel('A checkpoint that was kept elsewhere');
        await kept.fill(note);
        await page.getByRole('button', { name: 'Check now' }).click();
        await page.getByText(/entries are as [0-9,]+ checkpoints say/).waitFor();
        await kept.fill(note.replace(/^[0-9]+$/m, '1'));
        await page.getByRole('button', { name: 'Check now' }).click();
        await page.getByText('The log is not what its checkpoints say').waitFor();
      },
    },
    {
      name: 'a session that ends leaves the page as it was, and signing in goes on there',
      async run(stage) {
        const { page } = stage;
        const me = await stage.api('/me');
        const [alert] = await stage.newAlerts(1);
        await stage.alert(alert.id);
        await page.getByLabel('Comment').fill('half a thought');
        await stage.context.clearCookies();
        await page.getByText('Your session has ended').waitFor({ timeout: 40_000 });
        check(
          await page.locator('.app').evaluate((app) => /** @type {any} */ (app).inert),
          'the page behind can be used',
        );
        const over = page.locator('.login-over');
        equal(await over.getByLabel('User name').inputValue(), me.user, 'user name');
        await over.getByLabel('Password').fill(PASSWORD);
        await over.getByRole('button', { name: 'Sign in' }).click();
        await page.locator('.login-over').waitFor({ state: 'detached' });
        equal(await page.getByLabel('Comment').inputValue(), 'half a thought', 'the begun comment');
        check(page.url().includes(alert.id), 'the alert is no longer open');
      },
    },
    {
      name: 'signing out ends the session on the server too',
      async run(stage) {
        const { page } = stage;
        await stage.queue('?state=any');
        await page.locator('.person').click();
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.locator('.login-card').waitFor();
        const response = await stage.context.request.get(`${stage.url}/api/v1/me`);
        equal(response.status(), 401, 'status of /me');
      },
    },
  ],
};
