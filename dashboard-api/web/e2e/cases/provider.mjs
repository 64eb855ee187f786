// Signing in at an identity provider: node-oidc-provider, an OpenID certified one, in this process, and a
// dashboard of its own beside the stack's, on the same store.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// It brings no types, and theirs elsewhere are of another version.
// @ts-expect-error
import Provider from 'oidc-provider';
import { check, equal, until } from '../stage.mjs';

/** The program, and the data folder of `prohori up`. */
const BINARY = process.env.PROHORI_BIN;
const DATA = process.env.PROHORI_DATA;
const SECRET = crypto.randomUUID();

/** @type {Record<string, string[]>} */
const GROUPS = { rahima: ['soc-mof-analysts', 'staff'], karim: ['staff'] };

/** @typedef {import('../stage.mjs').Stage} Stage */

async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** @param {string} base the dashboard @param {number} port */
async function openProvider(base, port) {
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'prohori',
        client_secret: SECRET,
        redirect_uris: [`${base}/api/v1/session/provider/callback`],
        post_logout_redirect_uris: [`${base}/`],
        backchannel_logout_uri: `${base}/api/v1/session/provider/logout`,
        backchannel_logout_session_required: true,
      },
    ],
    claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'groups', 'locale'] },
    cookies: { keys: [SECRET] },
    features: { backchannelLogout: { enabled: true } },
    // Its own refuses this machine's addresses.
    fetch: (/** @type {string} */ url, /** @type {RequestInit & { dispatcher?: unknown }} */ options) => {
      delete options.dispatcher;
      return fetch(url, options);
    },
    findAccount: (/** @type {unknown} */ _, /** @type {string} */ id) => ({
      accountId: id,
      claims: () => ({
        sub: `id-${id}`,
        preferred_username: id,
        name: id === 'rahima' ? 'রহিমা খাতুন' : 'Karim',
        groups: GROUPS[id] ?? [],
        locale: 'en-GB',
      }),
    }),
  });
  const server = provider.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { issuer, server };
}

/** A dashboard like the stack's, which knows the provider. @param {string} issuer @param {number} port @param {string} folder */
async function openDashboard(issuer, port, folder) {
  const own = readFileSync(join(/** @type {string} */ (DATA), 'config/dashboard.toml'), 'utf8');
  const secret = join(folder, 'secret');
  writeFileSync(secret, SECRET, { mode: 0o600 });
  const config = own
    .replace(/^data_dir = .*$/m, `data_dir = "${join(folder, 'api')}"`)
    .replace(/^rules = .*$/m, '')
    .replace(/^listen = .*$/m, `listen = "127.0.0.1:${port}"`);
  const file = join(folder, 'dashboard.toml');
  writeFileSync(
    file,
    `${config}
[oidc]
name = "Government ID"
issuer = "${issuer}"
client_id = "prohori"
client_secret_file = "${secret}"
[[oidc.grants]]
group = "soc-{agency}-analysts"
role = "analyst"
`,
  );
  const dashboard = spawn(/** @type {string} */ (BINARY), ['serve', '--config', file], { stdio: 'ignore' });
  await until('the dashboard with a provider is ready', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/live`).catch(() => null);
    return answer?.ok;
  });
  return dashboard;
}

/** Through the provider's pages. @param {import('playwright-core').Page} page @param {string} name */
async function pass(page, name) {
  await page.getByRole('link', { name: 'Sign in with Government ID' }).click();
  await page.getByPlaceholder('Enter any login').fill(name);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

/** @type {import('../stage.mjs').Case[]} */
export const providerCases = [
  {
    name: 'people of an identity provider sign in with the roles of their groups, and sign out there',
    async run(stage) {
      if (!BINARY || !DATA) {
        process.stdout.write(
          '        without PROHORI_BIN and PROHORI_DATA there is no dashboard to try it on\n',
        );
        return;
      }
      const folder = mkdtempSync(join(tmpdir(), 'prohori-provider-'));
      const [at, own] = [await freePort(), await freePort()];
      const base = `http://127.0.0.1:${own}`;
      const { issuer, server } = await openProvider(base, at);
      const dashboard = await openDashboard(issuer, own, folder);
      const context = await stage.browser.newContext({ locale: 'en-GB' });
      const page = await context.newPage();
      try {
        // Who is in no group that has a role is told so, and is not let in.
        await page.goto(`${base}/alerts`);
        await pass(page, 'karim');
        await page.getByText('none of your groups has a role here').waitFor();
        equal((await context.request.get(`${base}/api/v1/me`)).status(), 401, 'without a role');
        await context.clearCookies();
        // Who is in one comes to where she was going, as what her groups make her.
        await page.goto(`${base}/measures`);
        await pass(page, 'rahima');
        await page.waitForURL(`${base}/measures`);
        await page.getByRole('button', { name: 'রহিমা খাতুন' }).waitFor();
        const me = await (await context.request.get(`${base}/api/v1/me`)).json();
        equal(me.user, 'rahima', 'name');
        equal(JSON.stringify([me.roles, me.agencies]), '[["analyst"],["mof"]]', 'roles and agencies');
        const cookie = (await context.cookies()).find(({ name }) => name === 'prohori_session');
        check(cookie?.httpOnly === true && cookie.sameSite === 'Strict', JSON.stringify(cookie));
        // Signing out leads to the provider; once she has there, nothing is open any more anywhere.
        const kept = { cookie: `prohori_session=${cookie?.value}` };
        const open = async () => (await fetch(`${base}/api/v1/me`, { headers: kept })).status;
        equal(await open(), 200, 'the session before');
        await page.goto(`${issuer}/session/end`);
        await page.getByRole('button', { name: 'Yes, sign me out' }).click();
        await until('the provider has told the dashboard', async () => (await open()) === 401);
        await page.goto(`${base}/alerts`);
        await pass(page, 'rahima');
        await page.getByRole('button', { name: 'রহিমা খাতুন' }).click();
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.waitForURL(`${issuer}/session/end?**`);
      } finally {
        await context.close();
        dashboard.kill();
        server.close();
        server.closeAllConnections();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  },
];
