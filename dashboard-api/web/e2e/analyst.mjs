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

  /** Changes what was seen at a version. @param {string} method @param {string} path @param {number} version @param {object} body @returns {Promise<any>} */
  async send(method, path, version, body) {
    /** @type {RequestInit} */
    const request = {
      method,
      headers: {
        'content-type': 'application/json',
        'x-prohori-request': '1',
        'if-match': `"${version}"`,
        origin: this.url,
        cookie: this.cookie,
      },
      body: JSON.stringify(body),
    };
    const response = await fetch(`${this.url}/api/v1${path}`, request);
    if (!response.ok)
      throw new Error(`changing ${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }

  /** @param {string} id @param {number} version @param {object} change @returns {Promise<any>} */
  async change(id, version, change) {
    return this.send('PATCH', `/alerts/${encodeURIComponent(id)}`, version, change);
  }
}
