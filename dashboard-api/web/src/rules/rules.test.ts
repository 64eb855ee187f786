import { describe, expect, it } from 'vitest';
import { draftException, logsourceOf } from './exception';
import { gradeOf } from './grade';

describe('an exception from an alert', () => {
  it('names the rule, the agency, an owner and an end, and quotes what the alert says', () => {
    const params = new URLSearchParams({ rule: 'abc', agency: 'mof' });
    params.append('field', "user:o'brien: x");
    const logsource = logsourceOf('title: t\nlogsource:\n  product: linux\n  service: sshd\ndetection:\n');
    const now = Date.UTC(2026, 0, 1);
    const text = draftException(params, { id: 'f00', owner: 'rahima', now, logsource });
    expect(text).toContain("    rules: ['abc']\n");
    expect(text).toContain("x-prohori-agencies: ['mof']\n");
    expect(text).toContain('x-prohori-expires: 2026-04-01\n');
    expect(text).toContain('logsource:\n    product: linux\n    service: sshd\nfilter:\n');
    expect(text).toContain("        'user': 'o''brien: x'\n");
  });

  it('takes a log source that stands in one line', () => {
    const logsource = logsourceOf('logsource: {category: firewall}\ndetection: {}\n');
    const text = draftException(new URLSearchParams(), { id: 'f00', owner: 'r', now: 0, logsource });
    expect(text).toContain('logsource: {category: firewall}\nfilter:\n');
  });

  it('is whole without one', () => {
    const text = draftException(new URLSearchParams(), { id: 'f00', owner: 'r', now: 0 });
    expect(text).toContain('logsource:\n    product: linux\n');
    expect(text).not.toContain('agencies');
  });
});

describe('how well a technique is covered', () => {
  const technique = { rules: 2, tested: 1, seeing: 1 };
  it('is told apart by rules, telemetry and tests', () => {
    expect(gradeOf(technique)).toBe('good');
    expect(gradeOf({ ...technique, tested: 0 })).toBe('thin');
    expect(gradeOf({ ...technique, seeing: 0 })).toBe('blind');
    expect(gradeOf({ rules: 0, tested: 0, seeing: 0 })).toBe('none');
  });
});
