// What a new exception begins with: a Sigma Filter, filled from the alert that it is made for.

interface Maker {
  id: string;
  owner: string;
  /** Now, in ms. */
  now: number;
  /** The lines under `logsource:` of the rule that it is for; none: a guess. */
  logsource?: string[];
}

/** The lines under `logsource:` of a rule's text: an exception must say no more than its rule. */
export function logsourceOf(text: string): string[] {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => /^logsource:\s*$/.test(line));
  if (at < 0) {
    const inline = lines.find((line) => /^logsource:\s*\S/.test(line));
    return inline === undefined ? [] : [inline.replace('logsource:', '').trim()];
  }
  const found: string[] = [];
  for (const line of lines.slice(at + 1)) {
    if (!/^\s+\S/.test(line)) break;
    found.push(`    ${line.trim()}`);
  }
  return found;
}

/** How long an exception lasts unless its owner says otherwise. */
const LASTS_MS = 90 * 24 * 3_600_000;

/** A YAML text in single quotes: nothing in it means anything. */
const quoted = (text: string) => `'${text.replaceAll("'", "''").replaceAll(/[\r\n]+/g, ' ')}'`;

/**
 * `rule`, `title`, `agency` and any number of `field=NAME:VALUE` come from the alert.
 * The first colon ends the name: Sigma's names have none.
 */
export function draftException(params: URLSearchParams, { id, owner, now, logsource = [] }: Maker): string {
  const one = (name: string) => params.get(name);
  const source = logsource.length > 0 ? logsource : ['    product: linux'];
  // A map in one line stays in one.
  const inline = source.length === 1 && source[0]?.startsWith('{');
  const fields = params.getAll('field').flatMap((pair) => {
    const at = pair.indexOf(':');
    return at < 1 ? [] : [`        ${quoted(pair.slice(0, at))}: ${quoted(pair.slice(at + 1))}`];
  });
  const agency = one('agency');
  return [
    `title: ${one('title') === null ? '' : quoted(one('title') ?? '')}`,
    `id: ${id}`,
    `x-prohori-owner: ${quoted(owner)}`,
    ...(agency === null ? [] : [`x-prohori-agencies: [${quoted(agency)}]`]),
    `x-prohori-expires: ${new Date(now + LASTS_MS).toISOString().slice(0, 10)}`,
    'x-prohori-ticket: ',
    ...(inline ? [`logsource: ${source[0]}`] : ['logsource:', ...source]),
    'filter:',
    `    rules: [${one('rule') === null ? '' : quoted(one('rule') ?? '')}]`,
    '    selection:',
    ...(fields.length > 0 ? fields : ["        src_ip: ''"]),
    '    condition: not selection',
    '',
  ].join('\n');
}
