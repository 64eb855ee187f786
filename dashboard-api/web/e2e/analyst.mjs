// A second analyst at another desk, who speaks to the API directly.

export class Analyst {
  /** @param {string} url @param {string} cookie @param {string} user */
  constructor(url, cookie, user) {
    this.url = url;
    this.cookie = cookie;
    this.user = user;
  }

  /** @param {string} url @param {string} user @param {string} password */
  static async signIn(url, user, password) {
    const response = await fetch(`${url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-prohori-request': '1', origin: url },
      body: JSON.stringify({ user, password }),
    });
    if (!response.ok)
      throw new Error(`signing in as ${user} answered ${response.status}: ${await response.text()}`);
    const cookie = response.headers
      .getSetCookie()
      .map((each) => each.split(';')[0])
      .join('; ');
    return new Analyst(url, cookie, user);
  }

  /** @param {string} id @param {number} version @param {object} change @returns {Promise<any>} */
  async change(id, version, change) {
    const response = await fetch(`${this.url}/api/v1/alerts/${encodeURIComponent(id)}`, {
      method: 'PATCH',
      headers: {
        'content-type': 'application/json',
        'x-prohori-request': '1',
        'if-match': `"${version}"`,
        origin: this.url,
        cookie: this.cookie,
      },
      body: JSON.stringify(change),
    });
    if (!response.ok) throw new Error(`changing ${id} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}
